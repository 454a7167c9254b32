#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace weir {

enum class MetricKind : std::uint8_t { counter, gauge, histogram };

/// A row of the one table of metric names: API for dashboards and rules.
struct MetricName {
  std::string_view name;    // `weir_...`, base units, `_total` on counters
  MetricKind kind;
  std::string_view labels;  // comma-separated, besides `pipeline`
  std::string_view help;
};

namespace metric {
#define WEIR_METRIC(id, kind, labels, help) \
  inline constexpr MetricName id = {"weir_" #id, MetricKind::kind, labels, help};
#include "pipeline/core/metrics.def"
#undef WEIR_METRIC
}  // namespace metric

/// Every metric, in the table's order.
std::span<const MetricName> metric_names();

struct MetricLabel {
  std::string_view name;
  std::string_view value;
};

/// Counts observations in fixed buckets (upper bounds, ascending); not thread-safe.
class Histogram {
 public:
  explicit Histogram(std::vector<double> bounds);
  /// Bounds that suit latencies: 1 ms to 60 s.
  static Histogram seconds();

  void observe(double value, std::uint64_t times = 1);
  /// Adds what `other`, of the same bounds, observed.
  void add(const Histogram& other);
  /// What was observed after `earlier`, a former reading; all if it is none of this one.
  Histogram since(const Histogram& earlier) const;
  std::span<const double> bounds() const { return bounds_; }
  std::span<const std::uint64_t> counts() const { return counts_; }  // the last: above all bounds
  double sum() const { return sum_; }
  std::uint64_t count() const { return count_; }
  /// The value below which a share `q` of the observations lies, interpolated; NaN if empty.
  double quantile(double q) const;

 private:
  std::vector<double> bounds_;
  std::vector<std::uint64_t> counts_;
  double sum_ = 0;
  std::uint64_t count_ = 0;
};

/// Takes the figures of one component when it is asked for them, between steps: never per event.
/// Labels `pipeline`, `shard` and `operator` are added by the caller.
class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void value(const MetricName& metric, std::span<const MetricLabel> labels,
                     double value) = 0;
  virtual void histogram(const MetricName& metric, std::span<const MetricLabel> labels,
                         const Histogram& histogram) = 0;

  void operator()(const MetricName& metric, double number) { value(metric, {}, number); }
  void operator()(const MetricName& metric, MetricLabel label, double number) {
    value(metric, {&label, 1}, number);
  }
};

}  // namespace weir
