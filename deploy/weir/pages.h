#pragma once

#include <string>

#include "pipeline/engine/metric_samples.h"

namespace weir {

/// The figures in Prometheus' text format.
std::string metrics_page(const MetricSamples& samples, bool ready);

}  // namespace weir
