#include "connectors/generate/generate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <deque>
#include <limits>
#include <map>
#include <set>

#include "connectors/generate/cards.h"
#include "connectors/generate/classification.h"
#include "pipeline/core/exact_math.h"
#include "tests/harness/read_options.h"

namespace weir {
namespace {

struct Told {
  std::string key, value;
  std::int64_t offset = 0, timestamp = 0;
  bool operator==(const Told&) const = default;
};

/// The source of some options in YAML.
std::unique_ptr<SourceSpec> source(const std::string& options) {
  auto spec = make_generate_source();
  EXPECT_EQ(read_options(options, [&](OptionVisitor& option) { spec->describe(option); }),
            std::vector<std::string>{});
  return spec;
}

std::vector<Told> read(RecordReader& reader, std::size_t max, std::size_t most,
                       std::int64_t from = 0) {
  Signal signal;
  const PartitionOffset position{0, from};
  reader.start({&position, 1}, signal);
  std::vector<Told> told;
  std::vector<Record> records;
  for (bool end = false; !end && told.size() < most;) {
    records.clear();
    const auto fetched = reader.fetch(0, std::min(max, most - told.size()), records);
    EXPECT_EQ(fetched.count, records.size());
    for (const Record& record : records)
      told.push_back(
          {std::string(record.key), std::string(record.value), record.offset, record.timestamp});
    end = fetched.end;
  }
  return told;
}

TEST(Classification, MakesTheRowsOfItsRecipe) {
  // Made by a Python program from the recipe in the header (numbers as shortest text: 5e-04).
  const auto told =
      read(*source("{of: classification, seed: 7, features: 3, events: 4}")->open(), 3, 100);
  ASSERT_EQ(told.size(), 4u);
  const std::array<std::string, 4> rows = {
      R"({"id":0,"ts":1704067200000,"x0":0.1659,"x1":-0.0951,"x2":-0.5012,"y":false})",
      R"({"id":1,"ts":1704067201000,"x0":-0.3439,"x1":-0.7315,"x2":-0.1737,"y":true})",
      R"({"id":2,"ts":1704067202000,"x0":0.9198,"x1":0.8361,"x2":0.7427,"y":false})",
      R"({"id":3,"ts":1704067203000,"x0":0.0966,"x1":0.7593,"x2":-0.3473,"y":false})"};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(told[i].value, rows[i]);
    EXPECT_EQ(told[i].timestamp, 1704067200000 + static_cast<std::int64_t>(i) * 1000);
    EXPECT_EQ(told[i].offset, static_cast<std::int64_t>(i));
  }
  std::size_t bytes = 0;
  std::size_t positive = 0;
  const auto many = source("{of: classification, seed: 42, features: 100, events: 2000}");
  for (const Told& row : read(*many->open(), 100, 5000)) {
    bytes += row.value.size();
    positive += row.value.find("\"y\":true") != std::string::npos;
  }
  EXPECT_EQ(bytes, 2735233u);
  EXPECT_EQ(positive, 1017u);
}

TEST(Generate, TellsTheSameRecordsAtEveryReading) {
  for (const std::string stream : {"transactions", "chargebacks"}) {
    const auto spec = source("{of: cards, events: 20000, stream: " + stream + "}");
    EXPECT_EQ(spec->format(), "json");
    EXPECT_TRUE(spec->timed());
    const auto whole = read(*spec->open(), 4096, 1'000'000);
    EXPECT_TRUE(whole == read(*spec->open(), 7, 1'000'000)) << stream;
    const auto later = read(*spec->open(), 100, 50, 123);
    ASSERT_EQ(later.size(), 50u);
    for (std::size_t i = 0; i < 50; ++i) EXPECT_TRUE(later[i] == whole[123 + i]);
    const auto other =
        read(*source("{of: cards, seed: 2, stream: " + stream + "}")->open(), 100, 100);
    EXPECT_NE(other[50].value, whole[50].value);
  }
}

TEST(Generate, MakesNoOtherFormat) {
  EXPECT_NO_THROW(source("{of: cards}")->open_as("json"));
  EXPECT_THROW(source("{of: cards}")->open_as("csv"), LogFailure);
}

TEST(Generate, EndsAfterItsEventsElseNever) {
  EXPECT_EQ(read(*source("{of: cards, events: 5000}")->open(), 4096, 1'000'000).size(), 5000u);
  EXPECT_EQ(read(*source("{of: cards}")->open(), 4096, 150'000).size(), 150'000u);
  const auto reader = source("{of: cards, events: 10}")->open();
  EXPECT_THROW(read(*reader, 10, 10, 11), LogFailure);
}

TEST(Generate, GivesOutNoMoreThanItsRate) {
  Signal signal;  // outlives the reader, whose thread notifies it
  const auto reader = source("{of: cards, rate: 2000}")->open();
  const PartitionOffset position{0, 0};
  const auto began = std::chrono::steady_clock::now();
  reader->start({&position, 1}, signal);
  std::size_t count = 0;
  std::vector<Record> records;
  while (count < 200) {
    records.clear();
    const auto fetched = reader->fetch(0, 4096, records);
    count += fetched.count;
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    ASSERT_LE(static_cast<double>(count), 1 + seconds * 2000);
    if (fetched.end) signal.wait_for(std::chrono::seconds(10));
  }
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(99));
}

TEST(Cards, TellsOneTruthInBothStreams) {
  Cards cards({.seed = 3, .events = 50'000});
  Cards::Event event;
  std::map<std::uint64_t, Cards::Event> made;
  std::set<std::uint64_t> frauds;
  std::size_t charged = 0, disputed = 0;
  std::int64_t last = 0;
  while (cards.next(event)) {
    ASSERT_GE(event.time, last);
    last = event.time;
    if (event.stream == Cards::Stream::transactions) {
      ASSERT_EQ(event.transaction, made.size());
      made[event.transaction] = event;
      if (event.fraud) frauds.insert(event.transaction);
      continue;
    }
    const Cards::Event& about = made.at(event.transaction);  // never before its transaction
    EXPECT_EQ(event.card, about.card);
    EXPECT_EQ(event.fraud, about.fraud);
    EXPECT_GE(event.time - about.time, 43'200'000);
    EXPECT_LT(event.time - about.time, 7 * 86'400'000);
    charged += event.fraud;
    disputed += !event.fraud;
    frauds.erase(event.transaction);
  }
  EXPECT_EQ(made.size(), 50'000u);
  EXPECT_TRUE(frauds.empty());  // each was charged back
  EXPECT_GT(charged, 500u);
  EXPECT_LT(charged, 1'500u);
  EXPECT_GT(disputed, 50u);
  EXPECT_LT(disputed, 160u);
}

TEST(Cards, WritesTheFieldsOfTheExample) {
  Cards::Event event{.stream = Cards::Stream::transactions,
                     .time = 1704067200123,
                     .transaction = 42,
                     .card = 7,
                     .fraud = true,
                     .amount = 12.5,
                     .country = "FR",
                     .home = "DE"};
  std::string out;
  Cards::append_key(event, out);
  EXPECT_EQ(out, "c00007");
  out.clear();
  Cards::append_value(event, out);
  EXPECT_EQ(out, R"({"tx_id":"t000000042","card":"c00007","amount":12.5,"country":"FR",)"
                 R"("home":"DE","ts":1704067200123})");
  event.stream = Cards::Stream::chargebacks;
  out.clear();
  Cards::append_value(event, out);
  EXPECT_EQ(out, R"({"tx_id":"t000000042","card":"c00007","fraud":true,"ts":1704067200123})");
}

TEST(Cards, SaysWhenEachDriftWasPlanted) {
  Cards cards({.events = 3000, .amount_shift = 1000, .concept_change = 2000});
  Cards::Event event;
  std::array<std::int64_t, 2> times{};
  while (cards.next(event)) {
    if (event.stream != Cards::Stream::transactions) continue;
    if (event.transaction == 999) {
      EXPECT_TRUE(cards.planted().empty());
    }
    if (event.transaction == 1000) times[0] = event.time;
    if (event.transaction == 2000) times[1] = event.time;
  }
  ASSERT_EQ(cards.planted().size(), 2u);
  EXPECT_EQ(cards.planted()[0].drift, "amount_shift");
  EXPECT_EQ(cards.planted()[0].transaction, 1000u);
  EXPECT_EQ(cards.planted()[0].time, times[0]);
  EXPECT_EQ(cards.planted()[1].drift, "concept_change");
  EXPECT_EQ(cards.planted()[1].transaction, 2000u);
  EXPECT_EQ(cards.planted()[1].time, times[1]);
}

/// The largest distance between the distributions of two samples.
double ks_statistic(std::vector<double> a, std::vector<double> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  double most = 0;
  for (const auto* sample : {&a, &b}) {
    for (double value : *sample) {
      const auto below = [value](const std::vector<double>& all) {
        return static_cast<double>(std::upper_bound(all.begin(), all.end(), value) - all.begin()) /
               static_cast<double>(all.size());
      };
      most = std::max(most, std::fabs(below(a) - below(b)));
    }
  }
  return most;
}

/// The features of the fraud example, made the plain way, and a logistic regression on them that
/// learns each transaction at once.
class Learner {
 public:
  /// Returns the score of a transaction before it is learned.
  double score_and_learn(const Cards::Event& event) {
    const std::array<double, kFeatures> raw = features(event);
    ++rows_;
    std::array<double, kFeatures> x{};
    for (std::size_t i = 0; i < kFeatures; ++i) {
      const double step = raw[i] - mean_[i];
      mean_[i] += step / rows_;
      squares_[i] += step * (raw[i] - mean_[i]);
      if (squares_[i] > 0) x[i] = (raw[i] - mean_[i]) / std::sqrt(squares_[i] / rows_);
    }
    double sum = bias_;
    for (std::size_t i = 0; i < kFeatures; ++i) sum += weights_[i] * x[i];
    const double score = exact::sigmoid(sum);
    const double step = 0.05 / (1 + 1e-4 * rows_) * (score - (event.fraud ? 1 : 0));
    for (std::size_t i = 0; i < kFeatures; ++i) weights_[i] -= step * x[i];
    bias_ -= step;
    return score;
  }

 private:
  static constexpr std::size_t kFeatures = 5;
  struct Purchase {
    std::int64_t time;
    double amount;
    bool abroad;
  };

  std::array<double, kFeatures> features(const Cards::Event& event) {
    std::deque<Purchase>& purchases = history_[event.card];
    while (!purchases.empty() && purchases.front().time < event.time - 7 * 86'400'000)
      purchases.pop_front();
    double spent = 0, day = 0, hour = 0, abroad = 0;
    for (const Purchase& purchase : purchases) {
      const std::int64_t age = event.time - purchase.time;
      if (age <= 86'400'000) spent += purchase.amount, ++day;
      hour += age <= 3'600'000;
      abroad += purchase.abroad;
    }
    const bool is_abroad = event.country != event.home;
    purchases.push_back({event.time, event.amount, is_abroad});
    return {exact::log1p(event.amount), day > 0 ? event.amount / (spent / day) : 1, hour, abroad,
            is_abroad ? 1.0 : 0.0};
  }

  std::map<std::uint32_t, std::deque<Purchase>> history_;
  std::array<double, kFeatures> mean_{}, squares_{}, weights_{};
  double bias_ = 0;
  double rows_ = 0;
};

struct Quality {
  double auc = 0;
  double loss = 0;
  double frauds = 0;
};

Quality quality(std::vector<std::pair<double, bool>> scored) {
  Quality q;
  std::sort(scored.begin(), scored.end());
  double ranks = 0;
  for (std::size_t i = 0; i < scored.size(); ++i) {
    const double score = std::clamp(scored[i].first, 1e-15, 1 - 1e-15);
    q.loss -= exact::log(scored[i].second ? score : 1 - score);
    if (!scored[i].second) continue;
    ranks += static_cast<double>(i + 1);
    ++q.frauds;
  }
  const auto count = static_cast<double>(scored.size());
  q.auc = (ranks - q.frauds * (q.frauds + 1) / 2) / (q.frauds * (count - q.frauds));
  q.loss /= count;
  q.frauds /= count;
  return q;
}

TEST(Cards, CanBeLearnedUntilTheConceptChangesAndShowsBothDrifts) {
  constexpr std::size_t kBlock = 10'000;
  for (std::size_t seed : {1, 2, 3}) {
    SCOPED_TRACE(seed);
    Cards cards({.seed = seed,
                 .events = 5 * kBlock,
                 .amount_shift = 2 * kBlock,
                 .concept_change = 4 * kBlock});
    Learner learner;
    Cards::Event event;
    std::vector<std::pair<double, bool>> scored;
    std::vector<Quality> blocks;
    std::vector<std::vector<double>> amounts(1);
    while (cards.next(event)) {
      if (event.stream != Cards::Stream::transactions) continue;
      amounts.back().push_back(event.amount);
      scored.emplace_back(learner.score_and_learn(event), event.fraud);
      if (scored.size() < kBlock) continue;
      blocks.push_back(quality(std::exchange(scored, {})));
      amounts.emplace_back();
    }
    ASSERT_EQ(blocks.size(), 5u);
    for (const Quality& block : blocks) {
      EXPECT_GT(block.frauds, 0.01);
      EXPECT_LT(block.frauds, &block == &blocks[4] ? 0.045 : 0.03);
    }
    for (std::size_t i : {1u, 2u, 3u}) EXPECT_GT(blocks[i].auc, 0.9) << i;
    EXPECT_GT(blocks[4].loss, 2.5 * blocks[3].loss);
    EXPECT_LT(blocks[4].auc, blocks[3].auc - 0.1);

    EXPECT_LT(ks_statistic(amounts[0], amounts[1]), 0.04);
    EXPECT_GT(ks_statistic(amounts[1], amounts[2]), 0.15);
    EXPECT_LT(ks_statistic(amounts[2], amounts[3]), 0.04);
    EXPECT_LT(ks_statistic(amounts[3], amounts[4]), 0.06);  // the change of concept is another
  }
}

TEST(Generate, RefusesOptionsThatNoStoryHas) {
  const auto mistakes = [](const std::string& options) {
    const auto spec = make_generate_source();
    return read_options(options, [&](OptionVisitor& option) { spec->describe(option); });
  };
  using Mistakes = std::vector<std::string>;
  EXPECT_EQ(mistakes("events: 10"), Mistakes{"the component needs `of`"});
  EXPECT_EQ(mistakes("{of: card, noise: 0.6, feature: 3}"),
            (Mistakes{"`of` must be one of cards, classification, not `card`; did you mean "
                      "`cards`?",
                      "`noise` must be between 0 and 0.5, not `0.6`",
                      "unknown key `feature` in the component; did you mean `features`?"}));
}

}  // namespace
}  // namespace weir
