#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/core/operator.h"

namespace weir {

/// Collects what an operator reports: `name` or `name{label}`.
class FakeReporter final : public Reporter {
 public:
  void value(const MetricName& metric, std::span<const MetricLabel> labels,
             double number) override {
    std::string name(metric.name);
    for (const MetricLabel& label : labels) name += "{" + std::string(label.value) + "}";
    values.emplace_back(std::move(name), number);
  }
  void histogram(const MetricName&, std::span<const MetricLabel>, const Histogram&) override {}

  double operator[](std::string_view name) const {
    for (const auto& [known, number] : values)
      if (known == name) return number;
    return kMissing;
  }

  std::vector<std::pair<std::string, double>> values;
};

}  // namespace weir
