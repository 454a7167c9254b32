#include <atomic>
#include <map>

#include "pipeline/service/service.h"
#include "tests/harness/lives.h"

// `delivery: at_least_once`: outputs may be there twice, an epoch never; the state is as exact as
// with exactly once.

namespace weir {
namespace {

using namespace engine_test;
using Call = MemoryLog::Call;
using Fault = MemoryLog::Fault;

const Set kOften = {{"engine.delivery", "at_least_once"}};
const Set kOnce = {{"engine.delivery", "exactly_once"}};

/// How often each output of the topic is there.
std::map<std::string, int> outputs(Cluster& cluster, const std::string& topic,
                                   std::int32_t partitions = 1) {
  std::map<std::string, int> all;
  for (std::int32_t p = 0; p < partitions; ++p)
    for (const auto& record : cluster.records(topic, p)) ++all[record.value];
  return all;
}

/// What a clean run puts out: each row's `id` once.
void expect_each(const std::map<std::string, int>& all, const std::map<std::string, int>& wanted,
                 int twice) {
  int more = 0;
  for (const auto& [value, count] : wanted) {
    const auto at = all.find(value);
    ASSERT_NE(at, all.end()) << value;
    EXPECT_GE(at->second, count) << value;
    more += at->second - count;
  }
  EXPECT_EQ(all.size(), wanted.size());
  if (twice >= 0) {
    EXPECT_EQ(more, twice);
  }
}

std::map<std::string, int> clean(const std::vector<Row>& rows) {
  Lives lives(kDeadly);
  lives.append(rows);
  const auto life = lives.life();
  EXPECT_TRUE(life->work_to_end());
  return outputs(lives.cluster(), "all");
}

TEST(AtLeastOnce, ACrashBeforeTheEpochRepeatsOutputsButNotTheEpoch) {
  const std::vector<Row> rows = random_rows(60, 300);
  Lives lives(kDeadly, kOften);
  lives.append(rows);
  int until_crash = 12;
  std::size_t doubled = 0;
  lives.hook = [&](const Call& call) {
    if (call.kind == Call::Kind::flush && !call.after && --until_crash == 0)
      throw std::runtime_error("killed");
    return Fault::none;
  };
  {
    const auto life = lives.life();
    EXPECT_FALSE(life->work_until([] { return false; }));
    EXPECT_EQ((*life)->reason(), "killed");
    std::uint64_t put_out = 0;  // and has an epoch
    for (const EpochRecord& record : lives.epochs())
      for (const weir::Run& run : record.runs) put_out = static_cast<std::uint64_t>(run.last) + 1;
    const std::size_t there = lives.cluster().records("all", 0).size();
    ASSERT_LT(put_out, rows.size());
    Lives same(kDeadly);
    same.append(std::span(rows).first(put_out));
    const auto other = same.life();
    ASSERT_TRUE(other->work_to_end());
    doubled = there - same.cluster().records("all", 0).size();
    EXPECT_GT(doubled, 0U);
  }
  Hashes live;
  {
    const auto life = lives.life();
    ASSERT_TRUE(life->work_to_end()) << (*life)->reason();
    (*life)->finish();
    live = life->hashes();
  }
  expect_each(outputs(lives.cluster(), "all"), clean(rows), static_cast<int>(doubled));
  EXPECT_EQ(lives.verified(), live);
  EXPECT_EQ(replay_files(lives.pipeline(), rows, {}), live);
  std::uint64_t next = 0;
  for (const EpochRecord& record : lives.epochs()) EXPECT_EQ(record.epoch, next++);
}

TEST(AtLeastOnce, LostRequestsAndAnswersLoseNoOutput) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const std::vector<Row> rows = random_rows(seed, 200);
    Lives lives(kDeadly, {kOften[0], {"engine.snapshot_every", "20ms"}});
    lives.append(rows);
    std::int64_t calls_left = 0;
    lives.hook = [&](const Call& call) {
      if (--calls_left < 0) throw std::runtime_error("killed");
      if (call.kind != Call::Kind::commit || call.after) return Fault::none;
      const auto draw = random() % 12;
      return draw == 0 ? Fault::answer_lost : draw == 1 ? Fault::request_lost : Fault::none;
    };
    Hashes live;
    int crashes = 0;
    for (bool ended = false; !ended;) {
      calls_left = crashes < 15 ? static_cast<std::int64_t>(random() % 120) : 1'000'000;
      try {
        const auto life = lives.life();
        ended = life->work_to_end();
        calls_left = 1'000'000;
        if (ended) (*life)->finish();
        ended = ended && (*life)->stopped() == StopReason::none;
        live = life->hashes();
      } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find("killed"), std::string::npos) << error.what();
      }
      crashes += !ended;
      ASSERT_LT(crashes, 40);
      calls_left = 1'000'000;
    }
    EXPECT_GT(crashes, 2);
    lives.hook = nullptr;
    expect_each(outputs(lives.cluster(), "all"), clean(rows), -1);
    EXPECT_EQ(lives.verified(), live);
    EXPECT_EQ(replay_files(lives.pipeline(), rows, {}), live);
  }
}

TEST(AtLeastOnce, AReplacedOwnerCannotAppendAnEpoch) {
  const std::vector<Row> rows = random_rows(63, 300);
  Lives lives(kDeadly, kOften);
  lives.append(rows);
  const auto older = lives.life();
  ASSERT_TRUE(older->work_to(50));
  {
    const auto newer = lives.life();
    ASSERT_TRUE(newer->work_to(120));
    EXPECT_FALSE(older->work_to(rows.size()));  // with an epoch in hand
    EXPECT_EQ((*older)->stopped(), StopReason::fenced) << (*older)->reason();
    EXPECT_FALSE((*older)->resume());
    ASSERT_TRUE(newer->work_to(150)) << (*newer)->reason();
  }
  const auto third = lives.life();
  ASSERT_TRUE(third->work_to_end()) << (*third)->reason();
  (*third)->finish();
  EXPECT_EQ(lives.verified(), third->hashes());
  EXPECT_EQ(replay_files(lives.pipeline(), rows, {}), third->hashes());
  expect_each(outputs(lives.cluster(), "all"), clean(rows), -1);
}

TEST(AtLeastOnce, TheDeliveryMayChangeFromOneStartToTheNextAndBack) {
  const std::vector<Row> rows = random_rows(61, 300);
  Lives lives(kDeadly, kOnce);
  lives.append(rows);
  std::uint64_t upto = 0;
  for (const Set& delivery : {kOnce, kOften, kOnce, kOften, kOnce}) {
    lives.change(delivery);
    for (const bool dies : {true, false}) {
      const auto life = lives.life();
      EXPECT_FALSE(life->says("cold")) << testing::PrintToString(life->notes());
      upto += 30;
      ASSERT_TRUE(life->work_to(upto)) << (*life)->reason();
      if (!dies) (*life)->finish();
    }
  }
  const auto life = lives.life();
  ASSERT_TRUE(life->work_to_end());
  (*life)->finish();
  EXPECT_EQ(lives.verified(), life->hashes());
  EXPECT_EQ(replay_files(lives.pipeline(), rows, {}), life->hashes());
  expect_each(outputs(lives.cluster(), "all"), clean(rows), 0);
}

TEST(AtLeastOnce, TwoWorkersProcessEverything) {
  const auto pipeline = read_pipeline(kDiamond, {kOften[0],
                                                 {"engine.shards", "2"},
                                                 {"engine.workers", "2"},
                                                 {"engine.epoch", "2ms"},
                                                 {"engine.run_rows", "20"},
                                                 {"engine.membership", "fixed"}});
  const std::vector<Row> rows = random_rows(62, kSanitized ? 300 : 2000, 2);
  Signal committed;
  Cluster cluster({.hook = [&](const Call& call) {
    if (call.kind == Call::Kind::commit && call.after) committed.notify();
    return Fault::none;
  }});
  cluster.create_sources(*pipeline->graph, 2);
  const Layout layout = cluster.prepare(*pipeline);
  const TemporaryFolder folder;
  for (std::size_t part = 0; part < 2; ++part) {
    cluster.append(std::span(rows).subspan(part * rows.size() / 2, rows.size() / 2));
    Service service(pipeline->config, *pipeline->graph, layout, cluster.world(), folder.path(),
                    Owner{"test", "host", 1}, [](const Notice&) {});
    service.start();
    while (!service.ended() && (cluster.log().committed("events", 0).value_or(0) !=
                                    cluster.log().offsets("events", 0).end ||
                                cluster.log().committed("events", 1).value_or(0) !=
                                    cluster.log().offsets("events", 1).end))
      committed.wait_for(std::chrono::milliseconds(100));
    service.ask_to_stop();
    service.join();
    ASSERT_EQ(service.why(), StopReason::none) << service.reason();
    ASSERT_EQ(service.ends().size(), 2U);
    for (const ShardEnd& end : service.ends())
      EXPECT_EQ(verified(*pipeline, layout, cluster.world(), end.shard),
                (Hashes{end.output_hash, end.state_hash}));
  }
}

}  // namespace
}  // namespace weir
