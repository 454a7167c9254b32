#include "deploy/weir/pages.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <map>

#include "deploy/weir/version.h"
#include "pipeline/core/metrics.h"

namespace weir {
namespace {

prometheus::MetricType type_of(MetricKind kind) {
  switch (kind) {
    case MetricKind::counter:
      return prometheus::MetricType::Counter;
    case MetricKind::gauge:
      return prometheus::MetricType::Gauge;
    case MetricKind::histogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

prometheus::ClientMetric client_metric(const MetricSamples::Sample& sample) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
  if (const auto* histogram = std::get_if<Histogram>(&sample.value)) {
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < histogram->counts().size(); ++i) {
      below += histogram->counts()[i];
      const double bound = i < histogram->bounds().size() ? histogram->bounds()[i]
                                                          : std::numeric_limits<double>::infinity();
      metric.histogram.bucket.push_back({below, bound});
    }
    metric.histogram.sample_count = histogram->count();
    metric.histogram.sample_sum = histogram->sum();
  } else if (sample.metric->kind == MetricKind::counter) {
    metric.counter.value = sample.number();
  } else {
    metric.gauge.value = sample.number();
  }
  return metric;
}

}  // namespace

std::string metrics_page(const MetricSamples& samples, std::string_view pipeline, bool ready) {
  MetricSamples all = samples;
  all.with({{"pipeline", std::string(pipeline)}});
  const MetricLabel build[] = {{"version", kVersion}, {"build", kBuild}};
  all.value(metric::build_info, build, 1);
  all(metric::ready, ready ? 1 : 0);
  std::map<std::string_view, std::size_t> at;
  std::vector<prometheus::MetricFamily> families;
  for (const MetricSamples::Sample& sample : all.all()) {
    const auto [found, is_new] = at.emplace(sample.metric->name, families.size());
    if (is_new)
      families.push_back({std::string(sample.metric->name),
                          std::string(sample.metric->help),
                          type_of(sample.metric->kind),
                          {}});
    families[found->second].metric.push_back(client_metric(sample));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace weir
