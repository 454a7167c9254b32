#include "deploy/weir/unknown_classes.h"

#include <fmt/format.h>

namespace weir {

std::vector<Notice> UnknownClasses::next(const MetricSamples& samples) {
  std::vector<Notice> notices;
  for (const MetricSamples::Sample& sample : samples.all()) {
    if (sample.metric->name != metric::operator_rows_total.name ||
        sample.label("outcome") != "unknown_class")
      continue;
    const std::string where =
        fmt::format("{}, shard {}", sample.label("operator"), sample.label("shard"));
    double& said = said_[where];
    if (!(sample.number() > 10 * said)) continue;
    said = sample.number();
    notices.push_back({Notice::Level::warning,
                       fmt::format("{}: {:.0f} labels are none of the model's classes, and are not "
                                   "learned",
                                   where, said)});
  }
  return notices;
}

}  // namespace weir
