// The feed of labels stops for ten days and comes back with all of them at once.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "pipeline/core/metric_samples.h"
#include "tests/harness/pipelines.h"
#include "tests/harness/replayed.h"

namespace weir {
namespace {

using namespace engine_test;

constexpr std::int64_t kStart = 1'704'067'200'000, kHour = 3'600'000, kDay = 24 * kHour;

const std::string kOutage = R"(
version: 1
pipeline: outage
sources:
  cb:
    type: kafka
    topic: cb
    format: json
    time: ts
    fields: { id: text, fraud: boolean, ts: time }
  tx:
    type: kafka
    topic: tx
    format: json
    time: ts
    fields: { id: text, x: number, ts: time }
operators:
  claims: { type: filter, input: cb, when: fraud }
  m:
    type: model
    input: tx
    features: [x]
    target: fraud
    labels: { input: claims, match: id, wait: 2d, absent: false }
    steps: [ standard_scaler, { logistic_regression: { learning_rate: 0.05 } } ]
sinks:
  outcomes: { type: kafka, input: m.outcomes, topic: outcomes, format: json, fields: [id, label] }
)";

struct Event {
  std::int64_t time;
  std::size_t source;  // 0: cb, 1: tx
  std::string value;
};

/// A row every five minutes for 41 days. A label comes six hours after each that is fraud; from day
/// 15 to day 25 none comes, then those of ten days do.
struct Feed {
  Feed() {
    std::mt19937_64 random(5);
    for (std::int64_t i = 0; i < 11'800; ++i) {
      const std::int64_t time = kStart + i * 300'000;
      const std::string id = "t" + std::to_string(i);
      const double x = static_cast<double>(random() % 2'000) / 1'000 - 1;
      events.push_back({time, 1,
                        R"({"id":")" + id + R"(","x":)" + std::to_string(x) + R"(,"ts":)" +
                            std::to_string(time) + "}"});
      if (random() % 100 >= (x > 0.6 ? 90u : 5u)) continue;
      std::int64_t told = time + 6 * kHour;
      if (told > kStart + 15 * kDay && told < kStart + 25 * kDay) told = kStart + 25 * kDay + i;
      fraud.insert(id);
      events.push_back({told, 0,
                        R"({"id":")" + id + R"(","fraud":true,"ts":)" + std::to_string(told) +
                            "}"});
    }
    std::ranges::sort(events, [](const Event& a, const Event& b) {
      return a.time != b.time ? a.time < b.time : a.source > b.source;  // labels last
    });
  }
  std::vector<Event> events;
  std::set<std::string> fraud;
};

/// A shard of the pipeline, fed as replay does.
struct Running {
  Running(const Pipeline& pipeline, std::size_t batch_rows)
      : shard(*pipeline.graph, settings(*pipeline.graph, batch_rows)) {
    shard.write_to(outbox);
  }
  static Shard::Settings settings(const Graph& graph, std::size_t batch_rows) {
    Shard::Settings all;
    all.batch_rows = batch_rows;
    all.lanes = {{0, 0}, {1, 0}};
    all.partitions.assign(graph.sinks.size() + 1, 1);
    all.origins = {"cb", "tx"};
    return all;
  }
  void feed(const std::vector<Event>& events, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      Record record;
      record.offset = static_cast<std::int64_t>(i);
      record.timestamp = events[i].time;
      record.value = events[i].value;
      shard.merged(events[i].source, events[i].time);
      ASSERT_TRUE(shard.add(events[i].source, record));
    }
    shard.flush();
    for (const Outbox::Entry& entry : outbox.entries())
      outcomes.push_back(nlohmann::json::parse(outbox.value(entry)));
    outbox.clear();
  }
  double figure(const std::string& name, const std::string& outcome = "") {
    MetricSamples samples;
    const Graph& graph = shard.graph();
    for (std::size_t node = 0; node < graph.nodes.size(); ++node)
      shard.operator_at(node).report(samples);
    for (const auto& sample : samples.all())
      if (sample.metric->name == "weir_" + name &&
          (outcome.empty() || sample.label("outcome") == outcome))
        return sample.number();
    ADD_FAILURE() << name;
    return -1;
  }
  /// Outcomes that say of a fraud that it was none.
  std::size_t false_ones(const Feed& feed) const {
    return static_cast<std::size_t>(std::ranges::count_if(outcomes, [&](const auto& one) {
      return !one["label"].template get<bool>() &&
             feed.fraud.contains(one["id"].template get<std::string>());
    }));
  }

  Outbox outbox;
  Shard shard;
  std::vector<nlohmann::json> outcomes;
};

/// The first event of `feed` at or after a time.
std::size_t at(const Feed& feed, std::int64_t time) {
  return static_cast<std::size_t>(
      std::ranges::lower_bound(feed.events, kStart + time, {}, &Event::time) - feed.events.begin());
}

TEST(LabelOutage, TeachesNothingFalseAndLosesNoLabel) {
  const Feed feed;
  const auto pipeline = read_pipeline(kOutage);
  Running run(*pipeline, 4'096);
  run.feed(feed.events, 0, at(feed, 15 * kDay + 3 * kHour));
  const std::size_t before = run.outcomes.size();
  EXPECT_EQ(run.figure("labels_silence_seconds"), 0);
  run.feed(feed.events, at(feed, 15 * kDay + 3 * kHour), at(feed, 25 * kDay));
  // What was due by then has ended; the rows of ten days wait.
  EXPECT_LT(run.outcomes.size() - before, 60u);
  EXPECT_GT(run.figure("labels_held"), 2'200);
  EXPECT_GT(run.figure("labels_silence_seconds"), 9.9 * 86'400);
  EXPECT_EQ(run.false_ones(feed), 0u);

  run.feed(feed.events, at(feed, 25 * kDay), feed.events.size());
  EXPECT_EQ(run.false_ones(feed), 0u);
  EXPECT_EQ(run.figure("labels_total", "joined"), static_cast<double>(feed.fraud.size()));
  EXPECT_EQ(run.figure("labels_total", "late"), 0);
  EXPECT_EQ(run.figure("labels_total", "orphan"), 0);
  EXPECT_EQ(run.figure("labels_total", "unheard"), 0);
  EXPECT_EQ(run.figure("labels_silence_seconds"), 0);
  EXPECT_LT(run.figure("labels_held"), 20);
  // The rate of fraud that was learned is that of the rows: those that wait still are of two days.
  std::map<std::string, int> times;
  std::size_t yes = 0;
  for (const auto& one : run.outcomes) {
    ++times[one["id"]];
    yes += one["label"].get<bool>();
  }
  EXPECT_EQ(times.size(), run.outcomes.size()) << "a row gives one outcome";
  EXPECT_EQ(yes, feed.fraud.size());
  EXPECT_GT(run.outcomes.size(), 11'800u - 2 * 288 - 60);
}

TEST(LabelOutage, WithHeardOffIsLearnedAsAbsence) {
  const Feed feed;
  const auto pipeline = read_pipeline(kOutage, {{"operators.m.labels.heard", "off"}});
  Running run(*pipeline, 4'096);
  run.feed(feed.events, 0, feed.events.size());
  EXPECT_GT(run.false_ones(feed), 300u);
  EXPECT_GT(run.figure("labels_total", "late") + run.figure("labels_total", "orphan"), 300);
  EXPECT_EQ(run.figure("labels_held"), 0);
}

TEST(LabelOutage, IsTheSameWhereverStepsAreCutAndAcrossARestartWithinIt) {
  const Feed feed;
  const auto pipeline = read_pipeline(kOutage);
  Running whole(*pipeline, 4'096);
  whole.feed(feed.events, 0, feed.events.size());
  const std::size_t middle = at(feed, 20 * kDay);
  for (const std::size_t batch_rows : {1, 7, 4'096}) {
    Running first(*pipeline, batch_rows);
    first.feed(feed.events, 0, middle);
    EXPECT_GT(first.figure("labels_silence_seconds"), 0);
    Running second(*pipeline, batch_rows);
    EXPECT_TRUE(second.shard.load(first.shard.save()).empty());
    EXPECT_EQ(second.shard.state_hash(), first.shard.state_hash());
    EXPECT_EQ(second.figure("labels_held"), first.figure("labels_held"));
    EXPECT_EQ(second.shard.next_timer(), first.shard.next_timer());
    second.feed(feed.events, middle, feed.events.size());
    EXPECT_EQ(second.shard.state_hash(), whole.shard.state_hash()) << batch_rows;
    EXPECT_EQ(second.shard.output_hash(), whole.shard.output_hash()) << batch_rows;
  }
}

TEST(LabelOutage, ShedsHeldRowsAsUnheard) {
  const Feed feed;
  const auto pipeline = read_pipeline(kOutage, {{"operators.m.labels.max_waiting", "1000"}});
  Running run(*pipeline, 4'096);
  run.feed(feed.events, 0, feed.events.size());
  EXPECT_EQ(run.false_ones(feed), 0u);
  EXPECT_GT(run.figure("labels_total", "unheard"), 1'500);
  EXPECT_EQ(run.figure("labels_total", "evicted"), 0);
}

/// What `weir replay` says for people, of rows and labels (NDJSON).
std::string told(const std::string& rows, const std::string& labels, bool drain = false) {
  const auto pipeline = read_pipeline(
      kOutage, {{"sources.tx.confirm", "1"}, {"sources.cb.confirm", "1"}});
  const TemporaryFolder folder;
  std::vector<Replay::Input> inputs;
  for (const auto& [name, text] : {std::pair("cb", labels), std::pair("tx", rows)}) {
    const std::string path = (folder.path() / name).string();
    std::ofstream(path) << text;
    inputs.push_back({std::make_unique<FileReader>(path, "json"), format_named("json"), name});
  }
  Replay replay(*pipeline->graph, std::move(inputs),
                std::vector<std::unique_ptr<FileWriter>>(pipeline->graph->sinks.size()),
                {.drain = drain});
  replay.run([](const Replay::Progress&) {});
  return replay_text(replay.result());
}

std::string tx(int id, std::int64_t time) {
  return R"({"id":")" + std::to_string(id) + R"(","x":1,"ts":)" + std::to_string(time) + "}\n";
}
std::string cb(int id, std::int64_t time) {
  return R"({"id":")" + std::to_string(id) + R"(","fraud":true,"ts":)" + std::to_string(time) +
         "}\n";
}

bool says(const std::string& text, const std::string& line) {
  return text.find("  " + line + "\n") != std::string::npos;
}

TEST(LabelOutage, IsInTheSummaryOfAReplay) {
  const std::string rows = tx(1, kStart) + tx(2, kStart + kDay) + tx(3, kStart + 4 * kDay);
  const std::string text = told(rows, cb(9, kStart + kHour));
  EXPECT_TRUE(says(text, "m: its labels fell silent once, now for 3d of event time; 2 rows are "
                         "held, 0 left unheard: not learned"))
      << text;
  const std::string drained = told(rows, cb(9, kStart + kHour), true);
  EXPECT_TRUE(drained.find("0 rows are held, 3 left unheard: not learned") != drained.npos)
      << drained;
  const std::string well = told(tx(1, kStart), cb(1, kStart + kHour));
  EXPECT_EQ(well.find("m:"), well.npos) << well;
}

TEST(Replay, SaysWhichFileIsNotInTheOrderOfItsTimes) {
  const std::string rows = tx(1, kStart) + tx(2, kStart + 500) + tx(3, kStart + 10) +
                           tx(4, kStart + 20) + tx(5, kStart + 900);
  const std::string text = told(rows, cb(1, kStart + 600));
  EXPECT_TRUE(says(text, "tx is not in the order of its times: 2 of 5 rows were late. Sort it by "
                         "`ts`, or give source `tx` a longer `lateness`"))
      << text;
  EXPECT_EQ(text.find("cb is not"), text.npos) << text;
  EXPECT_EQ(told(tx(1, kStart), cb(1, kStart + 600)).find("late"), std::string::npos);
}

}  // namespace
}  // namespace weir
