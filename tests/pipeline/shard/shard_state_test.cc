#include <algorithm>
#include <string>
#include <vector>

#include "pipeline/shard/shard.h"
#include "tests/harness/pipelines.h"
#include "tests/harness/rows.h"

namespace weir {
namespace {

using namespace engine_test;

/// A shard of kDiamond without a log.
struct Alone {
  Alone() : shard(*pipeline->graph, settings(*pipeline->graph)) { shard.write_to(outbox); }
  static Shard::Settings settings(const Graph& graph) {
    Shard::Settings all;
    all.lanes = {{0, 0}};
    all.partitions.assign(graph.sinks.size() + 1, 1);
    all.origins = {"events"};
    return all;
  }
  void add(const std::string& value) {
    Record record;
    record.timestamp = 1'600'000'000'000;
    record.value = value;
    shard.add(0, record);
  }
  void add_rows(int count) {
    for (const Row& row : random_rows(5, count)) {
      Record record;
      record.timestamp = row.timestamp;
      record.value = row.value;
      shard.add(0, record);
    }
    shard.flush();
  }

  std::unique_ptr<Pipeline> pipeline = read_pipeline(kDiamond);
  Outbox outbox;
  Shard shard;
};

TEST(ShardState, DeadLettersAreSavedByTheNamesOfTheirReasons) {
  Alone before;
  before.add("{");
  before.add(R"({"kind":3,"ts":1600000000000})");
  before.shard.flush();
  ASSERT_EQ(before.shard.dead_letters(Reason::json), 1U);
  ASSERT_EQ(before.shard.dead_letters(Reason::type), 1U);
  std::vector<StateSection> sections = before.shard.save();
  Alone after;
  after.shard.load(sections);
  EXPECT_EQ(after.shard.dead_letters(Reason::json), 1U);
  EXPECT_EQ(after.shard.dead_letters(Reason::type), 1U);
  // A reason that this program does not know keeps nothing else from being read.
  std::string& own = sections[0].bytes;
  own.replace(own.find("json"), 4, "lost");
  Alone other;
  other.shard.load(sections);
  EXPECT_EQ(other.shard.dead_letters(Reason::json), 0U);
  EXPECT_EQ(other.shard.dead_letters(Reason::type), 1U);
}

}  // namespace
}  // namespace weir
