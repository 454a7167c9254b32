#pragma once

#include <string>
#include <string_view>

#include "pipeline/core/metric_samples.h"

namespace weir {

/// The figures of a pipeline in the text format of Prometheus.
std::string metrics_page(const MetricSamples& samples, std::string_view pipeline, bool ready);

}  // namespace weir
