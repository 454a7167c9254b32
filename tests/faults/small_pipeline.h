#pragma once

#include <memory>
#include <vector>

#include "pipeline/graph/pipeline.h"

namespace weir::simulation {

/// The versions of one pipeline, named `small`, that take turns. The second has another detector
/// than the first; the third keeps all of the state, but rows wait in another layout, for longer,
/// and fewer of them; the fourth has one more aggregate, the fifth another learning rate. It has
/// everything that an epoch has, at the least cost: features, a filter before timers, a model that
/// waits for labels, a detector, dead letters.
std::vector<std::unique_ptr<Pipeline>> small_pipeline(const char* delivery);

}  // namespace weir::simulation
