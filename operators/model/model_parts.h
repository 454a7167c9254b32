#pragma once

#include <vector>

#include "operators/model/model_options.h"
#include "operators/model/model_plan.h"
#include "pipeline/core/operator.h"

namespace weir {

/// What the state of a model operator consists of. They depend on different facts, so that what the
/// model learned outlives changes of what it is used for.
enum class ModelPart {
  model,    // what it learned, and figures of that
  classes,  // their names by number (Task::classes): rows that wait have them too
  labels    // rows and labels that wait (with `labels:`)
};

/// Those that a model has, in the order in which they are loaded.
std::vector<ModelPart> model_parts(const ModelPlan& plan);

/// The same as parts of the state. Learned is what the steps make of the features for the target;
/// rows wait for a label by their id. Thresholds, fallbacks, limits, `wait` and readers count for
/// neither.
std::vector<StatePart> state_parts(const Binding& binding, const ModelOptions& options,
                                   const ModelPlan& plan);

}  // namespace weir
