#pragma once

#include <span>
#include <string_view>

#include "models/learner.h"
#include "models/transformer.h"
#include "pipeline/core/options.h"

namespace weir {

/// The names that `steps:` may hold: every transformer, then every learner, each sorted by name,
/// those that come later included.
std::span<const Choice> step_choices();

/// The row of a name; null when there is none.
const TransformerType* find_transformer(std::string_view name);
const LearnerType* find_learner(std::string_view name);

}  // namespace weir
