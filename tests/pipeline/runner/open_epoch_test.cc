#include "pipeline/runner/open_epoch.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/harness/file_shard.h"

namespace weir {
namespace {

using namespace engine_test;
using std::chrono::milliseconds;

constexpr std::uint32_t kEpochsTopic = 2;

/// A shard whose rows go into epochs.
struct Scene {
  explicit Scene(int rows = 40) : files(rows) {
    machine->open(FileShard::start());
    epoch.write_from(machine->shard());
  }
  /// Reads more rows into the epoch.
  void run(std::size_t rows) {
    machine->input().refill(rows, files.now());
    const auto records = machine->input().take(0, rows);
    epoch.run("events", 0, records, machine->shard().sequence(), files.now());
    epoch.sample_latency(records);
    for (const Record& record : records) {
      epoch.read(0, record);
      machine->shard().add(0, record);
    }
  }
  Committer::Job close(bool with_state = false) {
    machine->shard().flush();
    return epoch.close(machine->shard(), chain, with_state, files.now());
  }
  static EpochRecord record_of(const Committer::Job& job, std::uint64_t chain) {
    const Outbox::Entry& last = job.outbox->entries().back();
    EXPECT_EQ(last.topic, kEpochsTopic);
    return EpochRecord::read(job.outbox->value(last), chain);
  }

  FileShard files;
  std::unique_ptr<ShardMachine> machine = files.machine();
  EpochChain chain{Owner{"test", "host", 1}};
  OpenEpoch epoch{0, milliseconds(100), kEpochsTopic};
};

TEST(OpenEpoch, RunsThatFollowEachOtherInOnePartitionAreOne) {
  Scene scene;
  scene.run(5);
  scene.run(3);
  const EpochRecord record = Scene::record_of(scene.close(true), 0);
  EXPECT_EQ(record.runs, (std::vector<weir::Run>{{"events", 0, 8, 0, 7}}));
  EXPECT_EQ(record.sequence, 0U);
  EXPECT_EQ(record.out, scene.machine->shard().output_hash());
  EXPECT_EQ(record.state, scene.machine->shard().state_hash());
  EXPECT_EQ(record.logic, scene.machine->graph().fingerprint);
  EXPECT_EQ(record.owner, (Owner{"test", "host", 1}));
}

TEST(OpenEpoch, TheNextEpochBeginsWhereThisOneEndsAndItsOutputsStayApart) {
  Scene scene;
  scene.run(5);
  const Committer::Job first = scene.close();
  const std::size_t outputs = first.outbox->entries().size();
  EXPECT_EQ(outputs, 6U) << "five rows and the record";
  EXPECT_TRUE(scene.epoch.in_flight());
  EXPECT_FALSE(scene.epoch.begun());
  scene.run(5);
  scene.machine->shard().flush();
  EXPECT_EQ(first.outbox->entries().size(), outputs) << "what is in flight stays as it is";
  scene.epoch.committed(0);
  EXPECT_FALSE(scene.epoch.in_flight());
  EXPECT_TRUE(first.outbox->entries().empty());
  const Committer::Job second = scene.close();
  EXPECT_NE(second.outbox, first.outbox);
  const EpochRecord record = Scene::record_of(second, first.chain);
  EXPECT_EQ(record.epoch, 1U);
  EXPECT_EQ(record.sequence, 5U);
  EXPECT_EQ(record.runs, (std::vector<weir::Run>{{"events", 0, 5, 5, 9}}));
  EXPECT_EQ(record.owner, std::nullopt);
}

TEST(OpenEpoch, IsDueByItsTimeOnceItHasBegun) {
  Scene scene;
  const auto start = scene.files.now();
  EXPECT_FALSE(scene.epoch.due(start + milliseconds(1000)));
  scene.run(1);
  EXPECT_FALSE(scene.epoch.due(start + milliseconds(99)));
  EXPECT_TRUE(scene.epoch.due(start + milliseconds(100)));
  EXPECT_EQ(scene.epoch.due_at(), start + milliseconds(100));
}

TEST(OpenEpoch, IsFullWithTooManyRunsOrRowsHoweverYoung) {
  Scene scene;
  for (std::size_t i = 0; i < OpenEpoch::kMostRuns; ++i) {
    EXPECT_FALSE(scene.epoch.full()) << i;
    scene.epoch.mark({i, Mark::Kind::tick, 0, {}, 0}, scene.files.now());
  }
  EXPECT_TRUE(scene.epoch.full());
  EXPECT_TRUE(scene.epoch.due(scene.files.now()));
  Scene rows;
  const std::vector<Record> many(OpenEpoch::kMostRows);
  rows.epoch.run("events", 0, std::span(many).first(many.size() - 1), 0, rows.files.now());
  EXPECT_FALSE(rows.epoch.full());
  rows.epoch.run("events", 0, std::span(many).first(1), 0, rows.files.now());
  EXPECT_TRUE(rows.epoch.full());
}

TEST(OpenEpoch, RecordsWhatWasPassedOver) {
  Scene scene;
  scene.epoch.lost({"events", 0, 3, 8}, scene.files.now());
  EXPECT_TRUE(scene.epoch.begun());
  scene.run(2);
  scene.epoch.skip({"events", 0, 1});
  const EpochRecord record = Scene::record_of(scene.close(), 0);
  EXPECT_EQ(record.lost, (std::vector<LostInput>{{"events", 0, 3, 8}}));
  EXPECT_EQ(record.skips, (std::vector<Skip>{{"events", 0, 1}}));
}

TEST(OpenEpoch, LatencyIsThatOfTheCommit) {
  Scene scene;
  scene.run(4);  // a file's timestamps are its rows' numbers
  scene.close();
  scene.epoch.committed(2'000);
  MetricSamples samples;
  scene.epoch.report(samples);
  const auto& latency = std::get<Histogram>(samples.all()[0].value);
  EXPECT_EQ(samples.all()[0].metric->name, metric::event_latency_seconds.name);
  EXPECT_EQ(latency.count(), 4U);
  EXPECT_NEAR(latency.sum(), 8, 0.1);
}

}  // namespace
}  // namespace weir
