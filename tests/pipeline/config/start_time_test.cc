#include "pipeline/config/start_time.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(StartTime, KeepsTheFractionsOfASecond) {
  SourceConfig source;
  source.start = "2026-01-31T12:00:05.25+01:00";
  EXPECT_EQ(start_time(source, 0), 1'769'857'205'250);
  source.start = "2026-01-31";
  EXPECT_EQ(start_time(source, 0), 1'769'817'600'000);
  source.start = "-250ms";
  EXPECT_EQ(start_time(source, 1'000), 750);
}

}  // namespace
}  // namespace weir
