#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "pipeline/core/metrics.h"

namespace weir {

/// Figures gathered at one moment, for whoever shows them.
class MetricSamples final : public Reporter {
 public:
  struct Sample {
    const MetricName* metric;
    std::vector<std::pair<std::string, std::string>> labels;
    std::variant<double, Histogram> value;

    double number() const { return std::get<double>(value); }
    std::string_view label(std::string_view name) const;
  };

  using Reporter::operator();
  void value(const MetricName& metric, std::span<const MetricLabel> labels, double value) override;
  void histogram(const MetricName& metric, std::span<const MetricLabel> labels,
                 const Histogram& histogram) override;

  /// Labels that every further sample gets first.
  void with(std::vector<std::pair<std::string, std::string>> labels) {
    common_ = std::move(labels);
  }

  const std::vector<Sample>& all() const { return samples_; }
  void append(const MetricSamples& other);

 private:
  std::vector<std::pair<std::string, std::string>> labels_of(
      std::span<const MetricLabel> labels) const;

  std::vector<std::pair<std::string, std::string>> common_;
  std::vector<Sample> samples_;
};

}  // namespace weir
