#include "tests/harness/allocations.h"
#include "tests/harness/budget.h"
#include "tests/harness/running_shard.h"

namespace weir {
namespace {

using namespace engine_test;

// What the runner does for each record, beside what the shard does: nothing is committed meanwhile.
TEST(Runner, AllocatesNothingPerRecordOnTheSteadyPath) {
  if (kSanitized) GTEST_SKIP() << "the sanitizers have an allocator of their own";
  std::string yaml(kBudget);
  yaml.replace(yaml.find("  events:\n"), 10, "  transactions_of_all_cards:\n");
  yaml.replace(yaml.find("input: events"), 13, "input: transactions_of_all_cards");
  const auto pipeline = read_pipeline(yaml);
  pipeline->config.engine.epoch.ms = 3'600'000;
  constexpr std::int64_t kAll = 45'000;  // fewer than close an epoch
  Cluster cluster;
  cluster.create_sources(*pipeline->graph, 1);
  for (std::int64_t i = 0; i < kAll; ++i) {
    const std::string card = "card-with-a-long-number-" + std::to_string(i % 500);
    const std::int64_t time = 1'600'000'000'000 + i * 50;
    cluster.log().append("events", 0, card,
                         "{\"card\":\"" + card + "\",\"a\":" + std::to_string(i * 7919 % 1000) +
                             ",\"b\":1,\"c\":2,\"d\":3,\"good\":true,\"ts\":" +
                             std::to_string(time) + "}",
                         time);
  }
  const TemporaryFolder folder;
  const Layout layout = cluster.prepare(*pipeline);
  RunningShard shard(*pipeline, layout, cluster.world(), folder.path());
  shard.recover();
  ASSERT_TRUE(shard.work_to(20'000));
  const std::uint64_t before = allocations;
  const std::uint64_t from = shard->shard().sequence();
  ASSERT_TRUE(shard.work_to(40'000));
  const std::uint64_t made = allocations - before;
  const std::uint64_t rows = shard->shard().sequence() - from;
  std::printf("%llu allocations for %llu records\n", static_cast<unsigned long long>(made),
              static_cast<unsigned long long>(rows));
  EXPECT_LT(made, rows / 20);
  shard->finish();
}

}  // namespace
}  // namespace weir
