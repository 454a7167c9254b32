#include "operators/labels/label_hearing.h"

#include <algorithm>

namespace weir {

LabelHearing::LabelHearing(std::optional<std::int64_t> longest,
                           std::span<const PortSource> sources)
    : longest_(longest.value_or(0)) {
  if (!longest) return;
  for (const PortSource& source : sources) sources_.push_back({source.index, source.name});
}

void LabelHearing::listen(const Step& step) {
  if (step.size() == 0) return;
  watermark_ = step.watermark.back();
  ends_ = step.watermark;
  if (sources_.empty()) return;
  heard_.assign(step.watermark.begin(), step.watermark.end());
  ends_ = heard_;
  for (Source& source : sources_) {
    SourceHearing hearing = source.hearing;  // in registers
    for (std::uint32_t i = 0; i < step.size(); ++i) {
      const std::int64_t time = step.source[i] == source.index ? step.event_time[i] : kNoTime;
      hearing.pass(time, step.watermark[i], longest_);
      heard_[i] = std::min(heard_[i], hearing.heard());
    }
    source.hearing = hearing;
  }
}

std::int64_t LabelHearing::silence() const {
  std::int64_t longest = 0;
  for (const Source& source : sources_)
    if (source.hearing.silent()) longest = std::max(longest, watermark_ - source.hearing.came());
  return longest;
}

std::uint64_t LabelHearing::silences() const {
  std::uint64_t sum = 0;
  for (const Source& source : sources_) sum += source.hearing.silences();
  return sum;
}

void LabelHearing::state(StateVisitor& visit) {
  visit.version("label hearing", 1);
  visit(watermark_);
  std::size_t count = visit.count(sources_.size(), 1);
  if (!visit.loading()) {
    for (Source& source : sources_) visit(source.name, source.hearing);
    return;
  }
  for (; count > 0; --count) {  // what is heard of a source that labels no longer come from is lost
    std::string name;
    SourceHearing hearing;
    visit(name, hearing);
    for (Source& source : sources_)
      if (source.name == name) source.hearing = hearing;
  }
}

}  // namespace weir
