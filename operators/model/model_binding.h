#pragma once

#include <optional>

#include "operators/model/model_options.h"
#include "operators/model/model_plan.h"
#include "pipeline/core/operator.h"

namespace weir {

/// Checks a model's options against the schemas of its inputs, binds its steps and declares its
/// outputs. Every mistake is reported. Returns nothing when no task could be found.
std::optional<ModelPlan> bind_model(Binding& binding, const ModelOptions& options);

}  // namespace weir
