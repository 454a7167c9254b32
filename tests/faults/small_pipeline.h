#pragma once

#include <memory>
#include <vector>

#include "pipeline/graph/pipeline.h"

namespace weir::simulation {

/// Two versions of one pipeline, named `small`, that take turns: the second has another detector.
/// It has everything that an epoch has, at the least cost: features, a filter before timers, a
/// model that waits for labels, a detector, dead letters.
std::vector<std::unique_ptr<Pipeline>> small_pipeline(const char* delivery);

}  // namespace weir::simulation
