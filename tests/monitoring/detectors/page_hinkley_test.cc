#include "monitoring/detectors/page_hinkley.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "tests/harness/read_options.h"
#include "tests/monitoring/vectors_test.h"

namespace weir {
namespace {

/// The options of River's call, as `PageHinkley(mode='up',threshold=20)`, by our names in YAML.
std::string options_of(const std::string& call) {
  std::string options;
  const std::size_t open = call.find('(');
  std::istringstream arguments(call.substr(open + 1, call.size() - open - 2));
  for (std::string one; std::getline(arguments, one, ',');) {
    const std::size_t equal = one.find('=');
    const std::string name = one.substr(0, equal);
    options += (name == "mode" ? "direction" : name) + ": " + one.substr(equal + 1) + "\n";
  }
  return options.empty() ? "{}" : options;
}

std::unique_ptr<DriftDetector> made(const std::string& options) {
  constexpr std::array types = {Type::number};
  const std::unique_ptr<DetectorSpec> spec = make_page_hinkley();
  EXPECT_EQ(read_options(options, [&](OptionVisitor& option) { spec->describe(option); }),
            std::vector<std::string>{});
  return spec->make({.types = types});
}

TEST(PageHinkley, DetectsAtTheSameValuesAsRiver) {
  int compared = 0;
  for (const auto& one : load_vectors("drift.json")) {
    const std::vector<double> values = stream(one);
    for (const auto& wanted : one["detectors"]) {
      SCOPED_TRACE(one["stream"].dump() + wanted["detector"].dump());
      const std::unique_ptr<DriftDetector> detector = made(options_of(wanted["detector"]));
      std::vector<std::size_t> found;
      for (std::size_t i = 0; i < values.size(); ++i)
        if (detector->update(values[i]).drift == Drift::drift) found.push_back(i);
      EXPECT_EQ(found, wanted["drift_at_index"].get<std::vector<std::size_t>>());
      ++compared;
    }
  }
  EXPECT_EQ(compared, 6 * 4 + 4);
}

TEST(PageHinkley, ShowsTheValuesBeforeAndSinceTheShift) {
  PageHinkley detector({.threshold = 10, .delta = 0.5, .min_instances = 5, .alpha = 1});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(detector.update(1e9).drift, Drift::stable);
  Verdict verdict;
  int shifted = 0;
  for (; verdict.drift == Drift::stable; ++shifted) verdict = detector.update(1e9 + 4);
  // Above the mean by 3.96, 3.92 and 3.88, each less a half.
  EXPECT_EQ(shifted, 3);
  EXPECT_NEAR(verdict.statistic, 4 * (100 / 101.0 + 100 / 102.0 + 100 / 103.0) - 1.5, 1e-9);
  EXPECT_EQ(verdict.threshold, 10);
  EXPECT_EQ(verdict.reference.count, 100u);
  EXPECT_EQ(verdict.reference.mean, 1e9);
  EXPECT_EQ(verdict.current.count, 3u);
  EXPECT_DOUBLE_EQ(verdict.current.mean, 1e9 + 4);
}

TEST(PageHinkley, ShowsTheLastValueWhileNothingCumulates) {
  PageHinkley detector({.min_instances = 3, .direction = "up"});
  detector.update(9);
  EXPECT_FALSE(detector.update(6).tested);
  const Verdict verdict = detector.update(3);
  EXPECT_TRUE(verdict.tested);
  EXPECT_EQ(verdict.statistic, 0);
  EXPECT_EQ(verdict.reference.count, 3u);
  EXPECT_EQ(verdict.reference.mean, 6);
  EXPECT_EQ(verdict.current.count, 1u);
  EXPECT_EQ(verdict.current.mean, 3);
}

TEST(PageHinkley, SeesOnlyShiftsOfItsDirection) {
  for (const char* direction : {"up", "down"}) {
    const double towards = std::string(direction) == "up" ? 3 : -3;
    for (const double shift : {towards, -towards}) {
      PageHinkley detector({.threshold = 20, .direction = direction});
      SplitMix64 random(5);
      for (int i = 0; i < 100; ++i) detector.update(random.sum12());
      int drifts = 0;
      for (int i = 0; i < 30; ++i)
        drifts += detector.update(random.sum12() + shift).drift == Drift::drift;
      EXPECT_EQ(drifts, shift == towards) << direction << " " << shift;
    }
  }
}

TEST(PageHinkley, NeedsMoreThanItsThresholdAndStartsOverAfterADrift) {
  // The mean of 0 and 8 is 4: the sum is 4, less its least value 0.
  PageHinkley reached({.threshold = 4, .delta = 0, .min_instances = 1, .alpha = 1});
  reached.update(0);
  EXPECT_EQ(reached.update(8).statistic, 4);
  EXPECT_EQ(reached.update(4).drift, Drift::stable);
  PageHinkley passed({.threshold = 3.9, .delta = 0, .min_instances = 1, .alpha = 1});
  passed.update(0);
  EXPECT_EQ(passed.update(8).drift, Drift::drift);
  EXPECT_EQ(passed.update(8).reference.count, 1u);
}

TEST(PageHinkley, ForgetsCumulatedDeviationsByAlpha) {
  PageHinkley detector({.threshold = 100, .delta = 0, .min_instances = 1, .alpha = 0.5});
  detector.update(0);
  EXPECT_EQ(detector.update(8).statistic, 4);
  EXPECT_EQ(detector.update(4).statistic, 2);  // the mean: nothing is added
}

}  // namespace
}  // namespace weir
