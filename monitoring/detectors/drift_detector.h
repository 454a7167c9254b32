#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>

#include "pipeline/core/options.h"
#include "pipeline/core/state.h"

namespace weir {

enum class Drift : std::uint8_t { stable, warning, drift };  // the words of the drift stream

struct Window {
  std::size_t count = 0;
  double mean = 0;
};

/// What a detector concludes from one value, with the evidence an alert should show.
struct Verdict {
  bool tested = false;  // false while a window fills: the state of the stream stays what it was
  Drift drift = Drift::stable;
  double statistic = 0;  // in the detector's own unit, documented by each detector
  double threshold = 0;
  double p_value = std::numeric_limits<double>::quiet_NaN();  // NaN where the detector has none
  Window reference = {};
  Window current = {};
};

/// Watches one stream of numbers: an error, a score, a feature.
class DriftDetector {
 public:
  virtual ~DriftDetector() = default;

  /// Judges one finite value. A verdict is about that value only; after `drift` the
  /// detector starts over by itself, so no caller has a flag to clear.
  virtual Verdict update(double value) = 0;

  virtual void state(StateVisitor& visit) = 0;
};

/// A detector as written: its options, and the instances made of them.
class DetectorSpec {
 public:
  virtual ~DetectorSpec() = default;
  virtual void describe(OptionVisitor& option) = 0;
  /// May be called from several threads at once.
  virtual std::unique_ptr<DriftDetector> make() const = 0;
};

/// A row of the table of detectors (registry.cc).
struct DetectorType {
  std::string_view name;
  std::string_view doc;
  std::string_view later;                   // not empty: known, but comes later
  std::uint32_t logic;                      // raised with its arithmetic
  std::unique_ptr<DetectorSpec> (*make)();  // null when it comes later
};

/// Every detector, sorted by name.
std::span<const DetectorType> detector_types();

}  // namespace weir
