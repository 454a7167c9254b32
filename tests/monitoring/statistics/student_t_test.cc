#include "monitoring/statistics/student_t.h"

#include <gtest/gtest.h>

#include "tests/monitoring/vectors_test.h"

namespace weir {
namespace {

TEST(StudentT, TailAgreesWithSciPy) {
  int compared = 0;
  for (const auto& one : load_vectors("distributions.json")) {
    if (one["f"] != "t_sf") continue;
    SCOPED_TRACE(one.dump());
    const double got = student_t_sf(number(one["x"]), number(one["df"]));
    EXPECT_TRUE(agrees(got, number(one["sf"]), 1e-9, 1e-300));
    ++compared;
  }
  EXPECT_EQ(compared, 125);
}

}  // namespace
}  // namespace weir
