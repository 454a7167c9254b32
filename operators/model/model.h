#pragma once

#include <memory>

#include "pipeline/core/operator.h"

namespace weir {

/// `model`: scores every row, and learns from it when its label is known.
///
/// Port 0: the rows; port 1: the labels, with `labels:`. Main output: each row, in order, with
/// `prediction score model model_version updates` (and `p_CLASS`); `outcomes`: the row as it was
/// served, with `label label_delay error loss fallback`, when its label is known. `error`: 1 for a
/// wrong class, else 0; of a regression prediction - label. `loss`: natural log loss or squared
/// error of the score as served.
/// Order: a row is scored, observed (scalers, encoders), then learned; one row at a time, whatever
/// the step size. Cost: the model's, and some nanoseconds a field. Memory: the model's, and with
/// `labels:` the rows that wait (LabelJoin).
std::unique_ptr<OperatorSpec> make_model();

}  // namespace weir
