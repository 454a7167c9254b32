#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "monitoring/detectors/drift_detector.h"
#include "pipeline/core/schema.h"

namespace weir {

/// What a watched field is in. The first three are what its detector's last test said; the numbers
/// are those of the metric `weir_drift_state`.
enum class DriftState : std::uint8_t { stable, warning, drift, no_data };

constexpr DriftState state_of(Drift drift) { return static_cast<DriftState>(drift); }
static_assert(state_of(Drift::drift) == DriftState::drift);

/// As the rows name it.
std::string_view word(DriftState state);

/// The fields of a row, in their order.
enum DriftField : std::size_t {
  kDetector,
  kStream,
  kField,
  kState,
  kStatistic,
  kThreshold,
  kPValue,
  kReferenceCount,
  kWindowCount,
  kReferenceMean,
  kWindowMean,
  kWindowFrom,
  kWindowTo,
  kNullRatio,
  kSummary,
  kTime,
  kShard
};

/// The schema of those.
Schema drift_rows();

}  // namespace weir
