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
  before.add("nope");
  before.add(R"({"amount":"much","ts":1600000000000})");
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

using Texts = std::vector<std::string>;

StateSection& section(std::vector<StateSection>& of, const std::string& name,
                      const std::string& part) {
  return *std::ranges::find_if(of, [&](const StateSection& one) {
    return one.name == name && one.part == part;
  });
}

TEST(ShardState, IsSavedAndLoadedPartByPart) {
  Alone before;
  before.add_rows(200);
  const std::vector<StateSection> sections = before.shard.save();
  EXPECT_EQ(sections.size(), 1 + before.pipeline->graph->parts_by_name().size());
  Alone after;
  EXPECT_EQ(after.shard.load(sections), Texts());
  EXPECT_EQ(after.shard.state_hash(), before.shard.state_hash());
}

TEST(ShardState, APartOfAnotherFingerprintStartsColdAlone) {
  Alone before;
  before.add_rows(200);
  std::vector<StateSection> sections = before.shard.save();
  ++section(sections, "fraud", "model").fingerprint;
  Alone after;
  EXPECT_EQ(after.shard.load(sections), Texts{"fraud, model"});
  std::vector<StateSection> loaded = after.shard.save();
  EXPECT_EQ(section(loaded, "fraud", "labels").bytes, section(sections, "fraud", "labels").bytes);
  EXPECT_NE(section(loaded, "fraud", "model").bytes, section(sections, "fraud", "model").bytes);
}

TEST(ShardState, AnOperatorThatIsResetStartsColdWithAllItsParts) {
  Alone before;
  before.add_rows(200);
  Alone after;
  const Texts reset = {"fraud"};
  EXPECT_EQ(after.shard.load(before.shard.save(), reset), (Texts{"fraud, labels", "fraud, model"}));
}

TEST(ShardState, OfOtherArithmeticWhatCanBeReadIsKept) {
  Alone before;
  before.add_rows(200);
  std::vector<StateSection> sections = before.shard.save();
  for (StateSection& one : sections) ++one.fingerprint;
  StateSection& cut = section(sections, "spend", "aggregate spent");
  cut.bytes.pop_back();
  Alone after;
  EXPECT_EQ(after.shard.load(sections, {}, true), Texts{"spend, aggregate spent"});
  std::vector<StateSection> loaded = after.shard.save();
  for (const char* part : {"keys", "aggregate count", "aggregate spread"})
    EXPECT_EQ(section(loaded, "spend", part).bytes, section(sections, "spend", part).bytes) << part;
}

TEST(ShardState, APartThatShouldFitAndDoesNotIsAnError) {
  Alone before;
  before.add_rows(200);
  std::vector<StateSection> sections = before.shard.save();
  section(sections, "spend", "aggregate spent").bytes.pop_back();
  Alone after;
  EXPECT_THROW(after.shard.load(sections), StateError);
}

}  // namespace
}  // namespace weir
