#include "pipeline/core/metric_samples.h"

namespace weir {

std::string_view MetricSamples::Sample::label(std::string_view name) const {
  for (const auto& [key, text] : labels)
    if (key == name) return text;
  return {};
}

std::vector<std::pair<std::string, std::string>> MetricSamples::labels_of(
    std::span<const MetricLabel> labels) const {
  auto all = common_;
  for (const MetricLabel& label : labels) all.emplace_back(label.name, label.value);
  return all;
}

void MetricSamples::value(const MetricName& metric, std::span<const MetricLabel> labels,
                          double value) {
  samples_.push_back({&metric, labels_of(labels), value});
}

void MetricSamples::histogram(const MetricName& metric, std::span<const MetricLabel> labels,
                              const Histogram& histogram) {
  samples_.push_back({&metric, labels_of(labels), histogram});
}

void MetricSamples::append(const MetricSamples& other) {
  samples_.insert(samples_.end(), other.samples_.begin(), other.samples_.end());
}

}  // namespace weir
