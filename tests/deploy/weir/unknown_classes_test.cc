#include "deploy/weir/unknown_classes.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

MetricSamples reading(double labels, const char* shard = "0") {
  MetricSamples samples;
  samples.with({{"shard", shard}, {"operator", "country"}});
  samples(metric::operator_rows_total, {"outcome", "outlier"}, 1'000);
  samples(metric::operator_rows_total, {"outcome", "unknown_class"}, labels);
  return samples;
}

TEST(UnknownClasses, AreReportedWhenTheyComeAndWheneverThereAreTenTimesAsMany) {
  UnknownClasses classes;
  EXPECT_TRUE(classes.next(reading(0)).empty());
  const auto first = classes.next(reading(3));
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0], (Notice{Notice::Level::warning,
                              "country, shard 0: 3 labels are none of the model's classes, and "
                              "are not learned"}));
  EXPECT_TRUE(classes.next(reading(3)).empty());
  EXPECT_TRUE(classes.next(reading(30)).empty());
  EXPECT_EQ(classes.next(reading(31)).size(), 1u);
  EXPECT_EQ(classes.next(reading(3, "1")).size(), 1u) << "another shard";
}

}  // namespace
}  // namespace weir
