#include "pipeline/shard/replay.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/harness/allocations.h"
#include "tests/harness/budget.h"
#include "tests/harness/replayed.h"
#include "tests/harness/sanitized.h"

namespace weir {
namespace {

using namespace engine_test;

TEST(Shard, AllocatesNothingPerEventOnTheSteadyPath) {
  if (kSanitized) GTEST_SKIP() << "the sanitizers have an allocator of their own";
  const auto pipeline = read_pipeline(std::string(kBudget));
  constexpr std::size_t kBatch = 4096, kMeasured = 100'000;
  constexpr std::size_t kAll = 150'000;
  std::mt19937_64 random(12);
  std::vector<std::string> keys, values;
  for (std::size_t i = 0; i < kAll; ++i) {
    const auto number = [&] { return std::to_string(random() % 100'000) + ".5"; };
    keys.push_back("card-with-a-long-number-" + std::to_string(random() % 500));
    values.push_back("{\"card\":\"" + keys.back() + "\",\"a\":" + number() + ",\"b\":" + number() +
                     ",\"c\":" + number() + ",\"d\":" + number() +
                     ",\"good\":" + (random() % 2 == 0 ? "true" : "false") +
                     ",\"ts\":" + std::to_string(1'600'000'000'000 + i * 50) + "}");
  }
  Shard::Settings settings;
  settings.batch_rows = kBatch;
  settings.lanes = {{0, 0}};
  settings.partitions = {3, 3, 3};
  settings.origins = {"events"};
  Shard shard(*pipeline->graph, settings);
  Outbox outbox;
  shard.write_to(outbox);
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < kAll; ++i) {
    if (i == kAll - kMeasured) before = allocations;
    const auto offset = static_cast<std::int64_t>(i);
    ASSERT_TRUE(shard.add(0, {.offset = offset,
                              .timestamp = 1'600'000'000'000 + offset * 50,
                              .key = keys[i],
                              .value = values[i],
                              .has_key = true,
                              .headers = {}}));
    if (i % kBatch == kBatch - 1) outbox.clear();
  }
  shard.flush();
  const std::uint64_t made = allocations - before;
  const std::uint64_t steps = kMeasured / kBatch + 1;
  std::printf("%llu allocations in %llu steps of %zu rows\n", static_cast<unsigned long long>(made),
              static_cast<unsigned long long>(steps), kBatch);
  EXPECT_LE(made, 40 * steps);
  EXPECT_EQ(shard.operator_counts(1).rows_in, kAll);
}

// A step is bounded by what its records hold, too: 4096 of a megabyte would be four gigabytes.
TEST(Shard, AStepOfLargeRecordsEndsAfterEightMegabytes) {
  const auto pipeline = read_pipeline(std::string(kBudget));
  Shard::Settings settings;
  settings.lanes = {{0, 0}};
  settings.partitions = {3, 3, 3};
  settings.origins = {"events"};
  Shard shard(*pipeline->graph, settings);
  Outbox outbox;
  shard.write_to(outbox);
  const std::string value = R"({"card":")" + std::string(1'000'000, 'c') + R"(","a":1,"ts":)";
  for (std::uint64_t i = 0; i < 100; ++i) {
    const std::string record = value + std::to_string(1'600'000'000'000 + i) + "}";
    ASSERT_TRUE(shard.add(0, {.offset = static_cast<std::int64_t>(i),
                              .timestamp = 1'600'000'000'000,
                              .key = {},
                              .value = record,
                              .has_key = false,
                              .headers = {}}));
    outbox.clear();
    EXPECT_LT(i + 1 - shard.operator_counts(0).rows_in, 9U);
  }
}

/// Transactions and chargebacks in two files.
const std::string kTwoFiles = R"(
version: 1
pipeline: two
sources:
  after:
    type: kafka
    topic: after
    format: json
    time: ts
    lateness: 1s
    fields: { id: text, good: boolean, ts: time }
  events:
    type: kafka
    topic: events
    format: json
    time: ts
    fields: { id: text, amount: number, ts: time }
operators:
  model:
    type: model
    input: events
    features: [amount]
    target: good
    labels: { input: after, match: id, wait: 10s, early: 1ms }
    steps: [ standard_scaler, logistic_regression ]
sinks:
  outcomes: { type: kafka, input: model.outcomes, topic: outcomes }
)";

Json summary(const Pipeline& pipeline, const std::string& after,
                       const std::string& events, Replay::Settings settings) {
  const TemporaryFolder folder;
  std::vector<Replay::Input> inputs;
  for (const auto& [name, text] : {std::pair("after", after), std::pair("events", events)}) {
    const std::string path = (folder.path() / name).string();
    std::ofstream(path) << text;
    inputs.push_back({std::make_unique<FileReader>(path, "json"), format_named("json"), path});
  }
  Replay replay(*pipeline.graph, std::move(inputs),
                std::vector<std::unique_ptr<FileWriter>>(pipeline.graph->sinks.size()), settings);
  replay.run([](const Replay::Progress&) {});
  return replay_summary(replay.result());
}

TEST(Replay, MergesFilesByEventTimeWhateverTheSteps) {
  std::mt19937_64 random(13);
  std::string events, after;
  std::int64_t now = 1'600'000'000'000;
  for (int i = 0; i < 3000; ++i) {
    now += static_cast<std::int64_t>(random() % 100);
    const std::string id = std::to_string(i);
    events += "{\"id\":\"" + id + "\",\"amount\":" + std::to_string(random() % 100) +
              ",\"ts\":" + std::to_string(now) + "}\n";
    if (random() % 2 == 0)
      after += "{\"id\":\"" + id + "\",\"good\":true,\"ts\":" + std::to_string(now + 50) + "}\n";
    if (random() % 20 == 0) after += "not a record\n";
  }
  const auto pipeline = read_pipeline(kTwoFiles);
  const auto expected = summary(*pipeline, after, events, {.batch_rows = 4096, .drain = true});
  EXPECT_GT(expected["operators"]["model"]["labels"]["joined"], 1300);
  EXPECT_GT(expected["operators"]["model"]["labels"]["expired"], 1300);
  EXPECT_EQ(expected["operators"]["model"]["labels"]["orphan"], 0);
  EXPECT_EQ(expected["operators"]["model"]["labels_waiting"], 0);
  EXPECT_GT(expected["dead_letters"]["json"], 50);
  for (const std::size_t batch_rows : {1, 7, 100})
    for (const bool reads : {false, true}) {
      const auto again =
          summary(*pipeline, after, events,
                  {.batch_rows = batch_rows, .drain = true, .read_between_steps = reads});
      EXPECT_EQ(again["output_hash"], expected["output_hash"]) << batch_rows;
      EXPECT_EQ(again["state_hash"], expected["state_hash"]) << batch_rows;
    }
}

TEST(Replay, ALabelOfTheSameTimeComesAfterItsRow) {
  // `after` stands before `events` in name order, but feeds labels.
  const auto one = summary(*read_pipeline(kTwoFiles), "{\"id\":\"1\",\"good\":true,\"ts\":5000}\n",
                           "{\"id\":\"1\",\"amount\":1,\"ts\":5000}\n"
                           "{\"id\":\"2\",\"amount\":1,\"ts\":5000}\n",
                           {});
  EXPECT_EQ(one["operators"]["model"]["labels"]["joined"], 1);
  std::string filtered = kTwoFiles;
  filtered.replace(filtered.find("input: after,"), 13, "input: usable,");
  filtered.insert(filtered.find("  model:"),
                  "  usable: { type: filter, input: after, when: id != \"\" }\n");
  const auto behind = read_pipeline(filtered);
  EXPECT_EQ(behind->graph->sources[0].role, PortRole::labels);
  EXPECT_EQ(behind->graph->sources[1].role, PortRole::rows);
}

TEST(Replay, AnEmptyFileIsIdleFromTheBeginning) {
  // `after` with its lateness of 1 s would hold the clock back: the wait of 10 s would not end.
  const auto pipeline = read_pipeline(kTwoFiles, {{"operators.model.labels.heard", "off"}});
  const auto one = summary(*pipeline, "",
                           "{\"id\":\"1\",\"amount\":1,\"ts\":5000}\n"
                           "{\"id\":\"2\",\"amount\":1,\"ts\":15000}\n",
                           {});
  EXPECT_EQ(one["operators"]["model"]["labels"]["expired"], 1);
}

TEST(Replay, WaitsThatHaveNotEndedStayWithoutDrain) {
  const std::string events = "{\"id\":\"1\",\"amount\":1,\"ts\":5000}\n";
  const auto pipeline = read_pipeline(kTwoFiles);
  EXPECT_EQ(summary(*pipeline, "", events, {})["operators"]["model"]["labels_waiting"], 1);
  for (const auto& [heard, end] : {std::pair("off", "expired"), std::pair("1h", "unheard")}) {
    const auto drained =
        summary(*read_pipeline(kTwoFiles, {{"operators.model.labels.heard", heard}}), "", events,
                {.drain = true});
    EXPECT_EQ(drained["operators"]["model"]["labels_waiting"], 0);
    EXPECT_EQ(drained["operators"]["model"]["labels"][end], 1);
    EXPECT_EQ(drained["rows"], 1);
  }
}

}  // namespace
}  // namespace weir
