#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "tests/harness/allocations.h"
#include "tests/harness/sanitized.h"
#include "tests/models/members.h"
#include "tests/models/models.h"

namespace weir {
namespace {

TEST(Model, AllocatesNothingPerRowOnceItHasSeenItsTextsAndClasses) {
  if (engine_test::kSanitized) GTEST_SKIP() << "the sanitizers have an allocator of their own";
  for (const Member& member : members()) {
    auto model = make_model(member.steps, member.task, member_features());
    MemberRows rows(1, member.task);
    std::vector<double> scores;
    std::uint64_t before = 0;
    for (int i = 0; i < 20'000; ++i) {
      if (i == 10'000) before = allocations;
      rows.next();
      model->predict_one(rows.features(), scores);
      model->observe_one(rows.features());
      model->learn_one(rows.features(), rows.y(), 1);
    }
    EXPECT_EQ(allocations - before, 0u) << member.name;
  }
}

}  // namespace
}  // namespace weir
