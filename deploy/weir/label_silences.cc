#include "deploy/weir/label_silences.h"

#include <fmt/format.h>

#include "pipeline/options/rough_duration.h"

namespace weir {
namespace {

struct Figures {
  double seconds = 0, held = 0;
};

}  // namespace

std::vector<Notice> LabelSilences::next(const MetricSamples& samples) {
  std::map<std::string, Figures> now;
  for (const MetricSamples::Sample& sample : samples.all()) {
    const bool silence = sample.metric->name == metric::labels_silence_seconds.name;
    if (!silence && sample.metric->name != metric::labels_held.name) continue;
    Figures& figures =
        now[fmt::format("{}, shard {}", sample.label("operator"), sample.label("shard"))];
    (silence ? figures.seconds : figures.held) = sample.number();
  }
  std::vector<Notice> notices;
  std::map<std::string, bool> silent;
  for (const auto& [where, figures] : now) {
    silent[where] = figures.seconds > 0;
    const auto before = silent_.find(where);
    const bool was = before != silent_.end() && before->second;
    if (silent[where] == was) continue;
    const auto ms = static_cast<std::int64_t>(figures.seconds) * 1'000;
    if (was)
      notices.push_back({Notice::Level::info, fmt::format("{}: labels come again", where)});
    else
      notices.push_back(
          {Notice::Level::warning,
           fmt::format("{}: no label has come for {} of event time: {:.0f} rows that are due are "
                       "held, and are not learned before labels come again",
                       where, rough_duration(ms), figures.held)});
  }
  silent_ = std::move(silent);
  return notices;
}

}  // namespace weir
