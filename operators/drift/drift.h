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
/// p_value reference_count window_count reference_mean window_mean window_from window_to null_ratio
/// summary time shard`. The state changes on a verdict that tested, and becomes `no_data` when more
/// than half of the field's last rows lack a value: as many rows as the detector's window holds
/// values, 1,000 for one without a window. Detectors pass over such rows. `no_data` ends with a
/// test once that is over, not before a window of rows; a test that finds a drift says so anyway.
/// `window_from` and `window_to`: the first and last event time in the tested window; missing when
/// it holds more than 65,536 values. An infinite `statistic` is 1e300, the means are missing where
/// values are texts. A row of `no_data` has the statistic and threshold of the last test.
/// Cost: the detectors'. Memory: the detectors', the event times of a field's window, a bit for
/// each row of it.
std::unique_ptr<OperatorSpec> make_drift();

/// The same with other detectors to choose from, which must outlive it.
std::unique_ptr<OperatorSpec> make_drift(std::span<const DetectorType> detectors);

}  // namespace weir
