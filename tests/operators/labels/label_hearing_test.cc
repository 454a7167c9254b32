#include "operators/labels/label_hearing.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pipeline/core/state_visitors.h"

namespace weir {
namespace {

struct At {
  std::uint16_t source;
  std::int64_t event_time, watermark;
};

Step step_of(const std::vector<At>& positions) {
  Step step;
  for (const At& at : positions) {
    step.source.push_back(at.source);
    step.event_time.push_back(at.event_time);
    step.watermark.push_back(at.watermark);
    step.late.push_back(false);
  }
  return step;
}

std::vector<std::int64_t> ends(LabelHearing& hearing, const std::vector<At>& positions) {
  const Step step = step_of(positions);
  hearing.listen(step);
  return {hearing.ends().begin(), hearing.ends().end()};
}

const std::vector<PortSource> kTwo = {{1, "a"}, {2, "b"}};
using Times = std::vector<std::int64_t>;

TEST(LabelHearing, IsTheWatermarkWhereSilenceDoesNotCount) {
  LabelHearing hearing(std::nullopt, kTwo);
  EXPECT_EQ(ends(hearing, {{0, 10, 10}, {0, 20, 20}, {Step::kTick, kNoTime, 500}}),
            (Times{10, 20, 500}));
  EXPECT_EQ(hearing.silence(), 0);
}

TEST(LabelHearing, IsTheLeastOfItsSourcesAndOfTheWatermark) {
  LabelHearing hearing(100, kTwo);
  EXPECT_EQ(ends(hearing, {{0, 10, 10}, {1, 20, 10}, {2, 15, 10}, {0, 40, 40}, {2, 60, 50}}),
            (Times{kNoTime, kNoTime, 10, 15, 20}));
}

TEST(LabelHearing, HearsNothingInABadRecord) {
  LabelHearing hearing(100, std::vector<PortSource>{{1, "a"}});
  EXPECT_EQ(ends(hearing, {{1, 10, 10}, {1, kNoTime, 90}}), (Times{10, 10}));
}

TEST(LabelHearing, SaysHowLongASourceHasBeenSilent) {
  LabelHearing hearing(100, kTwo);
  ends(hearing, {{1, 1'000, 1'000}, {2, 1'050, 1'050}, {0, 1'120, 1'120}});
  EXPECT_EQ(hearing.silence(), 120);
  EXPECT_EQ(hearing.silences(), 1u);
  EXPECT_EQ(hearing.watermark(), 1'120);
  ends(hearing, {{0, 1'500, 1'500}});
  EXPECT_EQ(hearing.silence(), 500);
  EXPECT_EQ(hearing.silences(), 2u);
}

TEST(LabelHearing, ContinuesFromItsStateByTheNamesOfSources) {
  LabelHearing before(100, kTwo);
  ends(before, {{1, 1'000, 1'000}, {2, 1'050, 1'050}});
  std::string bytes;
  StateWriter writer(bytes);
  before.state(writer);
  // Another pipeline: `b` has another place, `a` is no longer read, `c` is new.
  LabelHearing after(100, std::vector<PortSource>{{0, "b"}, {1, "c"}});
  StateReader reader(bytes);
  after.state(reader);
  EXPECT_EQ(reader.left(), 0u);
  EXPECT_EQ(after.watermark(), 1'050);
  EXPECT_EQ(ends(after, {{1, 1'060, 1'060}}), Times{1'050});
}

}  // namespace
}  // namespace weir
