#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/graph/state_parts.h"
#include "tests/harness/changes.h"
#include "tests/harness/lives.h"

// What was learned outlives a change of the pipeline, bit by bit, as far as it depends on nothing
// that changed.

namespace weir {
namespace {

using namespace engine_test;

/// A part of a state as it was saved.
struct Saved {
  std::string bytes;
  std::vector<SealedName> sealed;
  bool operator==(const Saved&) const = default;
};
using Parts = std::map<std::string, Saved>;

/// Where sealed bytes stay in memory; that there is such a place lets a state name them.
class NoFolder final : public SealedSink {
 public:
  void settle(SealedBytes& /*part*/) override {}
};

Parts parts_of(Lives::Life& life) {
  Parts parts;
  NoFolder in_memory;
  for (const StateSection& section : const_cast<Shard&>(life->shard()).save(&in_memory)) {
    if (section.name.empty()) continue;
    Saved& saved = parts[part_name(section.name, section.part)];
    saved.bytes = section.bytes;
    for (const SealedBytes& part : section.sealed) saved.sealed.push_back(part.name());
  }
  return parts;
}

/// Every part of `before` that is still there and did not start cold, as `notes` say, is as it was.
void expect_kept(const Parts& before, const Parts& after, const std::vector<std::string>& costs,
                 const std::string& trace) {
  std::size_t kept = 0;
  for (const auto& [name, saved] : after) {
    const bool cold = std::ranges::any_of(costs, [&](const std::string& cost) {
      return cost.starts_with("operator " + name + " starts cold");
    });
    if (cold) continue;
    ASSERT_TRUE(before.contains(name)) << trace << ": " << name;
    EXPECT_EQ(saved, before.at(name)) << trace << ": " << name;
    ++kept;
  }
  EXPECT_GE(kept, 14U) << trace;
}

/// What the start said that the change costs.
std::vector<std::string> costs_in(Lives::Life& life) {
  std::vector<std::string> costs;
  for (const std::string& note : life.notes())
    if (note.starts_with("operator ")) costs.push_back(note);
  return costs;
}

const Change kLearningRate = {
    "learning rate",
    edited(kDiamond, "initial: 0.05", "initial: 0.06"),
    {"operator fraud, model starts cold: steps.logistic_regression.learning_rate.initial is 0.06 "
     "(was 0.05)"}};

std::vector<Change> all_changes() {
  std::vector<Change> all = harmless_changes();
  all.push_back(kLearningRate);
  return all;
}

/// A log in which kDiamond has come to row 150 of 300; some rows wait for their labels.
struct Begun {
  Begun() {
    lives.append(std::span(rows).first(150));
    const auto life = lives.life();
    EXPECT_TRUE(life->work_to(150));
    (*life)->finish();
    before = parts_of(*life);
    EXPECT_GT(before.at("fraud, labels").bytes.size(), 1'000U);
  }
  void more() { lives.append(std::span(rows).subspan(150)); }

  std::vector<Row> rows = random_rows(31, 300);
  Lives lives{kDiamond};
  Parts before;
};

TEST(KeptState, WhatWasLearnedIsTheSameBitsAfterAChangeAndIsReplayedSo) {
  for (const Change& change : all_changes()) {
    Begun log;
    log.lives.file(change.yaml);
    Hashes live;
    {
      const auto life = log.lives.life();
      EXPECT_EQ(costs_in(*life), change.costs) << change.name;
      EXPECT_TRUE(life->says("the pipeline changed at epoch")) << change.name;
      expect_kept(log.before, parts_of(*life), change.costs, change.name);
      log.more();
      ASSERT_TRUE(life->work_to_end()) << change.name;
      live = life->hashes();
    }
    EXPECT_EQ(log.lives.verified(), live) << change.name;
    EXPECT_EQ(log.lives.life()->hashes(), live) << change.name << ", from the last snapshot";
  }
}

TEST(KeptState, GoingBackToTheOldFileLosesNothingThatWasKept) {
  for (const Change& change : all_changes()) {
    Begun log;
    log.lives.file(change.yaml);
    log.lives.life();
    log.lives.file(kDiamond);
    const auto life = log.lives.life();
    const Parts after = parts_of(*life);
    for (const auto& [name, saved] : log.before) {
      const bool lost =
          (change.name == "learning rate" && name == "fraud, model") ||
          (change.name == "an aggregate removed" && name == "spend, aggregate spread");
      EXPECT_EQ(after.at(name) == saved, !lost) << change.name << ": " << name;
    }
  }
}

/// No std::exception, so that nobody survives it.
struct Died {};

TEST(KeptState, ACrashAnywhereInAChangeLosesNothingThatIsKept) {
  for (const Change& change : all_changes()) {
    bool done = false;
    for (int calls = 0; !done; calls += 7) {
      Begun log;
      log.lives.file(change.yaml);
      int left = calls;
      log.lives.hook = [&](const MemoryLog::Call&) {
        if (--left < 0) throw Died();
        return MemoryLog::Fault::none;
      };
      try {
        log.lives.life();
        done = true;
      } catch (const Died&) {
      }
      log.lives.hook = nullptr;
      const auto life = log.lives.life();
      expect_kept(log.before, parts_of(*life), change.costs,
                  change.name + ", call " + std::to_string(calls));
      if (testing::Test::HasFailure()) return;
    }
  }
}

/// What an operator reports: `name` or `name label`.
std::map<std::string, double> figures_of(Shard& shard, const std::string& name) {
  struct Read final : Reporter {
    void value(const MetricName& metric, std::span<const MetricLabel> labels,
               double number) override {
      std::string key(metric.name);
      for (const MetricLabel& label : labels) key += " " + std::string(label.value);
      figures[key] = number;
    }
    void histogram(const MetricName&, std::span<const MetricLabel>, const Histogram&) override {}
    std::map<std::string, double> figures;
  } read;
  const std::vector<Node>& nodes = shard.graph().nodes;
  const auto node = std::ranges::find(nodes, name, &Node::name);
  shard.operator_at(static_cast<std::size_t>(node - nodes.begin())).report(read);
  return read.figures;
}

TEST(KeptState, ASmallerLimitLetsTheOldestGoWithTheNextRowsAndCountsThem) {
  const std::vector<Change> changes = harmless_changes();
  const Change& change = *std::ranges::find(changes, "smaller max_waiting", &Change::name);
  Begun log;
  log.lives.file(change.yaml);
  const auto life = log.lives.life();
  const Parts at_start = parts_of(*life);
  EXPECT_EQ(at_start.at("fraud, labels"), log.before.at("fraud, labels"));
  log.more();
  ASSERT_TRUE(life->work_to_end());
  std::map<std::string, double> figures = figures_of(const_cast<Shard&>((*life)->shard()), "fraud");
  EXPECT_GT(figures["weir_labels_total evicted"], 0);
  EXPECT_LE(figures["weir_labels_waiting"], 3);
}

constexpr std::int64_t kBegin = 1'600'000'000'000;

/// `count` rows, then labels of some of them. The ids begin with `prefix`.
std::vector<Row> long_waits(int count, const std::string& prefix, std::int64_t begin) {
  std::vector<Row> rows;
  const auto add = [&](const std::string& kind, int id, std::int64_t time, std::string rest) {
    const std::string card = "c" + std::to_string(id % 9);
    rows.push_back({"events", 0, card,
                    R"({"kind":")" + kind + R"(","id":")" + prefix + std::to_string(id) +
                        R"(","card":")" +
                        card + R"(","ts":)" + std::to_string(time) + std::move(rest) + "}",
                    time});
  };
  for (int i = 0; i < count; ++i)
    add("event", i, begin + i, R"(,"amount":)" + std::to_string(i % 500) + R"(,"country":"de")");
  for (int i = 0; i < count; i += 97)
    add("label", i, begin + count + i, R"(,"good":)" + std::string(i % 2 ? "true" : "false"));
  return rows;
}

// More rows than a segment has: most lie in a sealed one.
TEST(KeptState, RowsInSealedSegmentsKeepWaitingForANewReaderWithWhatTheyHave) {
  constexpr int kRows = 66'500;
  const std::string waits = edited(kDiamond, "wait: 20s, absent: true", "wait: 30d");
  const std::vector<Row> rows = long_waits(kRows, "", kBegin);
  Lives lives(waits);
  lives.pipeline().config.engine.run_rows = lives.pipeline().config.engine.batch_rows = 4'096;
  lives.append(std::span(rows).first(kRows));
  Parts before;
  {
    const auto life = lives.life();
    ASSERT_TRUE(life->work_to(kRows));
    (*life)->finish();
    before = parts_of(*life);
  }
  EXPECT_EQ(before.at("fraud, labels").sealed.size(), 2U);
  // `kind` is no feature: only readers of outcomes want it.
  lives.file(edited(waits, "    fields: [id, card, label, label_delay, loss]",
                    "    fields: [id, card, kind, amount, label, label_delay, loss]"));
  Hashes live;
  {
    const auto life = lives.life();
    EXPECT_EQ(costs_in(*life), std::vector<std::string>());
    expect_kept(before, parts_of(*life), {}, "new reader");
    lives.append(std::span(rows).subspan(kRows));
    lives.append(long_waits(120, "new", kBegin + 3 * kRows));
    ASSERT_TRUE(life->work_to_end());
    live = life->hashes();
  }
  std::size_t old_rows = 0, new_rows = 0;
  for (const auto& record : lives.cluster().records("outcomes", 0)) {
    if (record.value.find("\"id\":\"new") != std::string::npos) {
      ++new_rows;
      EXPECT_NE(record.value.find("\"kind\":\"event\""), std::string::npos) << record.value;
    } else {
      ++old_rows;
      EXPECT_EQ(record.value.find("\"kind\":\"event\""), std::string::npos) << record.value;
      EXPECT_NE(record.value.find("\"amount\":"), std::string::npos) << record.value;
    }
  }
  EXPECT_GT(old_rows, 600U);
  EXPECT_GT(new_rows, 0U);
  EXPECT_EQ(lives.life()->hashes(), live) << "from a snapshot that knows both layouts";
  EXPECT_EQ(lives.verified(), live);
}

}  // namespace
}  // namespace weir
