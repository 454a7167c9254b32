#pragma once

#include <memory>
#include <span>

#include "monitoring/detectors/drift_detector.h"
#include "pipeline/core/operator.h"

namespace weir {

/// `drift { input, fields, detector, after }`: watches fields of a stream, each with a detector of
/// its own kind or all with one kind; each field has its own instance. A detector gets numbers (of
/// a boolean 0 or 1) or texts; a field of a type that its detector does not take is a mistake.
///
/// Output: a row when a field's state changes: `detector stream field state statistic threshold
/// p_value reference_count window_count reference_mean window_mean window_from window_to summary
/// time shard`. The state changes only on a verdict that tested. Missing values are passed over.
/// `window_from` and `window_to`: the first and last event time in the tested window; missing when
/// it holds more than 65,536 values. `statistic` is missing where it is infinite, the means are
/// missing where values are texts.
/// Cost: the detectors'. Memory: the detectors', and the event times of a field's window.
std::unique_ptr<OperatorSpec> make_drift();

/// The same with other detectors to choose from, which must outlive it.
std::unique_ptr<OperatorSpec> make_drift(std::span<const DetectorType> detectors);

}  // namespace weir
