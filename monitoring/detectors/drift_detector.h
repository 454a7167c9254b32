#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>

#include "pipeline/core/check.h"
#include "pipeline/core/options.h"
#include "pipeline/core/schema.h"
#include "pipeline/core/state.h"

namespace weir {

enum class Drift : std::uint8_t { stable, warning, drift };  // as the drift stream names them

struct Window {
  std::size_t count = 0;
  double mean = 0;  // NaN of texts
};

/// What a detector concludes from one row, with the evidence an alert should show.
struct Verdict {
  bool tested = false;  // false while a window fills: the state of the stream stays what it was
  Drift drift = Drift::stable;
  double statistic = 0;  // in the detector's own unit, documented by each detector
  double threshold = 0;  // a drift is a statistic that reaches or passes it
  double p_value = std::numeric_limits<double>::quiet_NaN();  // NaN: none, or see `p_value_of`
  Window reference = {};
  Window current = {};
};

/// What a detector gets of one row: the values of the fields that it watches, numbers and texts
/// apart, each in the order of the fields; a boolean is the number 0 or 1. None is missing or
/// infinite. Borrowed for the call. One number or one text becomes one by itself:
/// `detector.update(0.5)`.
class Observation {
 public:
  Observation(const double& number) : numbers_(&number, 1) {}
  Observation(const std::string_view& text) : texts_(&text, 1) {}
  Observation(std::span<const double> numbers, std::span<const std::string_view> texts)
      : numbers_(numbers), texts_(texts) {}

  std::span<const double> numbers() const { return numbers_; }
  std::span<const std::string_view> texts() const { return texts_; }

  /// The value of a detector of one number or boolean.
  double number() const {
    check(numbers_.size() == 1 && texts_.empty(), "the detector is given one number");
    return numbers_[0];
  }
  /// The value of a detector of one text.
  std::string_view text() const {
    check(texts_.size() == 1 && numbers_.empty(), "the detector is given one text");
    return texts_[0];
  }

 private:
  std::span<const double> numbers_;
  std::span<const std::string_view> texts_;
};

/// Watches one stream of values: an error, a score, a feature.
class DriftDetector {
 public:
  virtual ~DriftDetector() = default;

  /// Judges the values of one row. A verdict is about that row only; after `drift` the detector
  /// starts over by itself, so no caller has a flag to clear.
  virtual Verdict update(const Observation& observed) = 0;

  /// The p-value of a verdict that tested; NaN if the detector has none. Where it is costly, the
  /// verdict itself has it only when it differs from the one before.
  virtual double p_value_of(const Verdict& verdict) const { return verdict.p_value; }

  virtual void state(StateVisitor& visit) = 0;
};

/// What a detector is made for.
struct DetectorInput {
  std::span<const Type> types;  // of the fields that it watches, in their order
};

/// A detector as written: its options, and the instances made of them.
class DetectorSpec {
 public:
  virtual ~DetectorSpec() = default;
  virtual void describe(OptionVisitor& option) = 0;
  /// Input: fields of types that the detector takes. May be called from several threads at once.
  virtual std::unique_ptr<DriftDetector> make(const DetectorInput& input) const = 0;
  /// Values in the window that it tests; 0: it has none.
  virtual std::size_t window() const { return 0; }
};

/// A row of the table of detectors (registry.cc).
struct DetectorType {
  std::string_view name;
  std::string_view doc;
  std::string_view later;                   // not empty: known, but not available yet
  std::uint32_t logic;                      // raised with its arithmetic
  std::span<const Type> types;              // of the fields that it watches
  std::unique_ptr<DetectorSpec> (*make)();  // null when it is not available yet

  bool takes(Type type) const { return std::ranges::find(types, type) != types.end(); }
};

/// Every detector, sorted by name.
std::span<const DetectorType> detector_types();

}  // namespace weir
