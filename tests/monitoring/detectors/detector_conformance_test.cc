// What every detector of the table must do, whatever its statistic, for every type of field that it
// takes. How soon and how seldom it alarms beyond that is for its own test.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <barrier>
#include <cctype>
#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "monitoring/detectors/drift_detector.h"
#include "pipeline/core/splitmix64.h"
#include "pipeline/core/state_visitors.h"
#include "tests/harness/contradictions.h"
#include "tests/harness/read_options.h"

namespace weir {
namespace {

/// One detector as a user might write it, and the type of the field that it watches.
struct DetectorCase {
  std::string name;
  std::string options = "{}";
  Type type = Type::number;
};

/// As the name of a test: what is no letter or digit becomes `_`.
std::ostream& operator<<(std::ostream& out, const DetectorCase& of) {
  out << of.name;
  bool apart = true;
  for (const char c : of.options) {
    const bool shown = std::isalnum(static_cast<unsigned char>(c));
    if (shown && apart) out << "_";
    if (shown) out << c;
    apart = !shown;
  }
  if (of.type != Type::number) out << "_" << type_name(of.type);
  return out;
}

std::unique_ptr<DetectorSpec> spec_of(const DetectorCase& of) {
  const auto type = std::ranges::find(detector_types(), of.name, &DetectorType::name);
  if (type == detector_types().end()) throw std::logic_error("no detector " + of.name);
  std::unique_ptr<DetectorSpec> spec = type->make();
  EXPECT_EQ(read_options(of.options, [&](OptionVisitor& option) { spec->describe(option); }),
            std::vector<std::string>{});
  return spec;
}

std::unique_ptr<DriftDetector> make(const DetectorCase& of) {
  return spec_of(of)->make({.types = {&of.type, 1}});
}

/// Every row of the table with its defaults, and the variants that take other paths.
std::vector<DetectorCase> all_detectors() {
  std::vector<DetectorCase> all;
  for (const DetectorType& row : detector_types())
    for (const Type type : row.types) all.push_back({std::string(row.name), "{}", type});
  all.push_back({"ks_test", "{every: 1}"});
  all.push_back({"ks_test", "{every: 100, method: asymptotic}"});
  all.push_back({"ks_test", "{reference: 500, window: 500, method: exact}"});
  all.push_back({"mean_shift", "{method: sigma, window: 200, warning_k: 0.4, drift_k: 0.5}"});
  all.push_back({"mean_shift", "{every: 10}"});
  return all;
}

/// Gives a detector a value of its type made of a number, on most streams a draw of deviation 1:
/// the number itself; true where it is high, of draws of mean 0 a fifth; the name of its whole
/// part.
Verdict give(DriftDetector& detector, Type type, double number) {
  if (type == Type::boolean) return detector.update(number > 0.84 ? 1.0 : 0.0);
  if (type == Type::number) return detector.update(number);
  const std::string name = std::to_string(std::floor(std::clamp(number, -1e3, 1e3)));
  return detector.update(std::string_view(name));
}

std::string saved(DriftDetector& detector) {
  std::string bytes;
  StateWriter writer(bytes);
  detector.state(writer);
  return bytes;
}

bool same(const Verdict& a, const Verdict& b) {
  const auto equal = [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); };
  return a.tested == b.tested && a.drift == b.drift && equal(a.statistic, b.statistic) &&
         equal(a.threshold, b.threshold) && equal(a.p_value, b.p_value) &&
         a.reference.count == b.reference.count && equal(a.reference.mean, b.reference.mean) &&
         a.current.count == b.current.count && equal(a.current.mean, b.current.mean);
}

class EveryDetector : public ::testing::TestWithParam<DetectorCase> {
 protected:
  Verdict give(DriftDetector& detector, double number) const {
    return weir::give(detector, GetParam().type, number);
  }
  Verdict give(double number) { return give(*detector_, number); }

  /// Draws of deviation 1 around `mean`; returns how many of them raised a drift.
  int drifts(SplitMix64& random, double mean, int count) {
    int found = 0;
    for (int i = 0; i < count; ++i) found += give(random.sum12() + mean).drift == Drift::drift;
    return found;
  }

  std::unique_ptr<DriftDetector> detector_ = make(GetParam());
};

TEST_P(EveryDetector, IsSilentAboutItsFirstValues) {
  for (int i = 0; i < 10; ++i) {
    const Verdict verdict = give(i % 2 == 0 ? 1e6 * i : -1.0);
    EXPECT_FALSE(verdict.tested) << i;
    EXPECT_EQ(verdict.drift, Drift::stable);
    EXPECT_TRUE(std::isnan(verdict.p_value));
  }
}

TEST_P(EveryDetector, JudgesTheSameValuesTheSame) {
  const std::unique_ptr<DriftDetector> other = make(GetParam());
  SplitMix64 random(11);
  for (int i = 0; i < 20'000; ++i) {
    const double value = random.sum12() + (i / 7'000) * 0.5;
    ASSERT_TRUE(same(give(value), give(*other, value))) << i;
  }
  EXPECT_EQ(saved(*detector_), saved(*other));
}

TEST_P(EveryDetector, MadeByFourThreadsAtOnceTheyAllJudgeTheSame) {
  const std::unique_ptr<DetectorSpec> spec = spec_of(GetParam());
  std::barrier together(4);
  std::array<std::string, 4> states;
  {
    std::vector<std::jthread> threads;
    for (std::string& state : states)
      threads.emplace_back([&] {
        together.arrive_and_wait();
        const std::unique_ptr<DriftDetector> made = spec->make({.types = {&GetParam().type, 1}});
        SplitMix64 random(19);
        for (int i = 0; i < 4'000; ++i) give(*made, random.sum12() + i / 2'000);
        state = saved(*made);
      });
  }
  SplitMix64 random(19);
  for (int i = 0; i < 4'000; ++i) give(random.sum12() + i / 2'000);
  for (const std::string& state : states) EXPECT_EQ(state, saved(*detector_));
}

TEST_P(EveryDetector, ContinuesBitForBitWhereItWasSaved) {
  SplitMix64 random(12);
  for (int i = 0; i < 9'000; ++i) {
    const Verdict verdict = give(random.sum12() + (i / 2'500) * 2.0);
    if (i % 777 != 0) continue;
    const std::string bytes = saved(*detector_);
    const std::unique_ptr<DriftDetector> loaded = make(GetParam());
    for (int k = 0; k < i % 1'500; ++k) give(*loaded, k);  // what it was before must not matter
    StateReader reader(bytes);
    loaded->state(reader);
    ASSERT_EQ(reader.left(), 0u);
    ASSERT_EQ(saved(*loaded), bytes);
    SplitMix64 ahead = random;
    const std::unique_ptr<DriftDetector> stayed = make(GetParam());
    StateReader again(bytes);
    stayed->state(again);
    for (int k = 0; k < 2'500; ++k) {
      const double next = ahead.sum12() + k / 1'000.0;
      ASSERT_TRUE(same(give(*stayed, next), give(*loaded, next))) << i << " " << k;
    }
    ASSERT_FALSE(verdict.tested && std::isnan(verdict.statistic));
  }
}

TEST_P(EveryDetector, SavedAndReloadedAtEveryStepItJudgesAsIfItNeverStopped) {
  SplitMix64 random(13);
  std::unique_ptr<DriftDetector> restarted = make(GetParam());
  for (int i = 0; i < 6'000; ++i) {
    const double value = std::floor(random.sum12() * 20) + (i / 2'000) * 30;
    if (i % 37 == 0) {
      const std::string bytes = saved(*restarted);
      restarted = make(GetParam());
      StateReader reader(bytes);
      restarted->state(reader);
    }
    ASSERT_TRUE(same(give(value), give(*restarted, value))) << i;
  }
  EXPECT_EQ(saved(*detector_), saved(*restarted));
}

TEST_P(EveryDetector, RefusesAStateCutShort) {
  SplitMix64 random(14);
  for (int i = 0; i < 1'200; ++i) give(random.sum12());
  const std::string bytes = saved(*detector_);
  for (const std::size_t size : {std::size_t{0}, bytes.size() / 2, bytes.size() - 1}) {
    const std::unique_ptr<DriftDetector> loaded = make(GetParam());
    StateReader reader(std::string_view(bytes).substr(0, size));
    EXPECT_THROW(loaded->state(reader), StateError) << size;
  }
}

TEST_P(EveryDetector, KeepsBoundedMemoryOver100000Events) {
  SplitMix64 random(15);
  std::size_t early = 0;
  for (int i = 0; i < 100'000; ++i) {
    give(random.sum12() + i / 20'000);
    StateSizer size;
    if (i % 500 != 0) continue;
    detector_->state(size);
    if (i < 10'000) early = std::max(early, size.size());
    ASSERT_LE(size.size(), i < 10'000 ? early : 2 * early) << i;  // categories come and go
  }
}

TEST_P(EveryDetector, StaysStableOnAConstant) {
  for (int i = 0; i < 10'000; ++i) EXPECT_EQ(give(3.25).drift, Drift::stable) << i;
}

TEST_P(EveryDetector, SeesAConstantMoveAndAcceptsIt) {
  for (int i = 0; i < 2'000; ++i) give(0);
  int found = 0;
  for (int i = 0; i < 2'000; ++i) found += give(1).drift == Drift::drift;
  EXPECT_GE(found, 1);
  EXPECT_LE(found, 3);
  for (int i = 0; i < 2'000; ++i) EXPECT_EQ(give(1).drift, Drift::stable) << i;
}

TEST_P(EveryDetector, IsOfUseAgainAfterExtremeValues) {
  const double huge = std::numeric_limits<double>::max();
  const double tiny = std::numeric_limits<double>::denorm_min();
  for (int i = 0; i < 20'000; ++i) {
    const double values[] = {huge, -huge, 0.0, -0.0, tiny, -tiny, 1e-300, 1.0};
    give(values[(i * 5 + i / 64) % 8]);
  }
  SplitMix64 random(16);
  drifts(random, 0, 10'000);
  EXPECT_GE(drifts(random, 3, 1'000), 1);
  EXPECT_LE(drifts(random, 3, 9'000), 9'000 / 200);
}

TEST_P(EveryDetector, AlarmsAtMostOnceIn200ValuesOfAStationaryStream) {
  SplitMix64 random(17);
  EXPECT_LE(drifts(random, 0, 100'000), 100'000 / 200);
}

TEST_P(EveryDetector, DetectsAOneSigmaShiftWithinAThousandValuesAndAcceptsTheNewRegime) {
  SplitMix64 random(18);
  drifts(random, 0, 1'725);
  int found_at = -1;
  for (int i = 0; i < 1'000 && found_at < 0; ++i) {
    const Verdict verdict = give(random.sum12() + 1);
    if (verdict.drift != Drift::drift) continue;
    found_at = i;
    EXPECT_TRUE(verdict.tested);
    EXPECT_GE(verdict.statistic, verdict.threshold);
    EXPECT_GT(verdict.current.count, 0u);
    if (GetParam().type == Type::text) continue;
    EXPECT_GT(verdict.current.mean, verdict.reference.mean);
  }
  EXPECT_GE(found_at, 0);
  EXPECT_LE(drifts(random, 1, 7'000), 7'000 / 200);
}

INSTANTIATE_TEST_SUITE_P(Table, EveryDetector, ::testing::ValuesIn(all_detectors()),
                         [](const auto& row) { return ::testing::PrintToString(row.param); });

TEST(DetectorTable, IsSortedByNameAndDocumented) {
  const auto rows = detector_types();
  EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end(),
                             [](const auto& a, const auto& b) { return a.name < b.name; }));
  for (const DetectorType& row : rows) {
    EXPECT_FALSE(row.doc.empty()) << row.name;
    EXPECT_EQ(row.make == nullptr, !row.later.empty()) << row.name;
    EXPECT_EQ(row.types.empty(), !row.later.empty()) << row.name;
  }
}

TEST(DetectorTable, HasOptionsWhoseDefaultsObeyTheirOwnRules) {
  for (const DetectorType& row : detector_types()) {
    if (!row.make) continue;
    EXPECT_EQ(contradictions([&](OptionVisitor& option) { row.make()->describe(option); }),
              std::vector<std::string>{})
        << row.name;
  }
}

}  // namespace
}  // namespace weir
