#include "pipeline/shard/believed_time.h"

#include <algorithm>

namespace weir {
namespace {

constexpr std::int64_t kUsualGaps = 5;

bool is_far(std::int64_t time, std::int64_t highest, std::int64_t ahead, std::int64_t gap) {
  if (highest == kNoTime || time <= highest) return false;
  const std::int64_t beyond = time - highest;
  return beyond > ahead && beyond > kUsualGaps * gap;
}

std::vector<std::int64_t> times_of(const std::vector<BelievedTime::Doubt>& rows) {
  std::vector<std::int64_t> times;
  for (const BelievedTime::Doubt& row : rows) times.push_back(row.time);
  std::ranges::sort(times);
  return times;
}

/// Of the gaps between times in order; of an even number, the lesser of the two in the middle. One
/// gap alone may be that to a wrong clock, and says nothing.
std::optional<std::int64_t> median_gap(const std::vector<std::int64_t>& times) {
  std::vector<std::int64_t> gaps;
  for (std::size_t i = 1; i < times.size(); ++i)
    if (times[i] > times[i - 1]) gaps.push_back(times[i] - times[i - 1]);
  if (gaps.size() < 2) return std::nullopt;
  std::ranges::sort(gaps);
  return gaps[(gaps.size() - 1) / 2];
}

}  // namespace

BelievedTime::BelievedTime(const std::vector<Limits>& limits, std::vector<std::size_t> sources)
    : sources_(limits.size()), source_of_(std::move(sources)) {
  for (std::size_t i = 0; i < limits.size(); ++i) sources_[i].limits = limits[i];
}

std::int64_t BelievedTime::judge(std::size_t lane, std::int64_t time,
                                 std::optional<std::uint64_t> key, EventClock& clock) {
  Source& source = sources_[source_of_[lane]];
  source.keys.add(key);
  const Doubt row{time, key, static_cast<std::uint32_t>(lane), far(lane, time, highest_)};
  if (!source.begun) return first(source, row, clock);
  if (!row.far) {
    refuse(source);
    if (time > source.high) source.rise(time);
    highest_ = std::max(highest_, time);
    clock.row(lane, time);
    source.settle();
    return time;
  }
  // A source that is behind the others stays there for a few wrong rows, and holds nobody back for
  // many.
  ++source.far_in_a_row;
  clock.row(lane, source.far_in_a_row < source.limits.confirm ? source.high : highest_);
  keep(source, row);
  source.far_keys.add(key);
  if (borne_out(lane, source.far_in_a_row, source.far_keys, source.keys))
    believe(source, std::nullopt, clock);
  source.settle();
  return std::min(time, highest_);
}

std::int64_t BelievedTime::first(Source& source, Doubt row, EventClock& clock) {
  clock.row(row.lane, kNoTime);  // no longer idle
  const std::int64_t until_then = row.far ? highest_ : row.time;
  keep(source, row);
  if (source.doubts.size() < source.limits.confirm) return until_then;
  begin(source, clock);
  return std::min(row.time, highest_);
}

void BelievedTime::begin(Source& source, EventClock& clock) {
  const std::vector<std::int64_t> times = times_of(source.doubts);
  source.begun = true;
  source.far_in_a_row = source.doubts.size();
  if (source.doubts.size() >= source.limits.confirm ||
      !far(source.doubts.front().lane, times.front(), highest_)) {
    believe(source, median_gap(times), clock);
  } else {  // too few, and all beyond what other sources have come to
    for (Doubt& row : source.doubts) {
      row.far = true;
      source.far_keys.add(row.key);
      clock.raise(row.lane, highest_);
    }
  }
  source.settle();
}

/// The rows in doubt move the clock to the least of their times and on to those within reach, by
/// `gap` or by the usual gap as the clock moves.
void BelievedTime::believe(Source& source, std::optional<std::int64_t> gap, EventClock& clock) {
  std::int64_t reached = kNoTime;
  for (const std::int64_t time : times_of(source.doubts)) {
    const std::int64_t usual = gap ? *gap : usual_gap(source);
    if (reached != kNoTime && is_far(time, highest_, source.limits.ahead_ms, usual)) break;
    if (time > source.high) source.rise(time);
    highest_ = std::max(highest_, time);
    reached = time;
  }
  std::uint64_t believed = source.far_in_a_row - source.doubts.size();  // too many to be kept
  std::vector<Doubt> rest;
  source.far_keys = {};
  for (Doubt& row : source.doubts) {
    clock.raise(row.lane, std::min(row.time, highest_));
    if (row.time <= reached) {
      believed += row.far;
      continue;
    }
    row.far = true;
    source.far_keys.add(row.key);
    rest.push_back(row);
  }
  source.counts.believed += believed;
  source.doubts = std::move(rest);
  source.far_in_a_row = source.doubts.size();
}

void BelievedTime::refuse(Source& source) {
  source.counts.refused += source.far_in_a_row;
  source.doubts.clear();
  source.far_keys = {};
  source.far_in_a_row = 0;
}

void BelievedTime::keep(Source& source, const Doubt& row) const {
  while (source.doubts.size() >= source.limits.confirm) source.doubts.erase(source.doubts.begin());
  source.doubts.push_back(row);
}

bool BelievedTime::idle(std::size_t lane, EventClock& clock) {
  Source& source = sources_[source_of_[lane]];
  if (source.begun || source.doubts.empty()) return false;
  for (std::size_t i = 0; i < source_of_.size(); ++i)
    if (source_of_[i] == source_of_[lane] && !clock.is_idle(i)) return false;
  begin(source, clock);
  return true;
}

void BelievedTime::tick(std::int64_t watermark) { highest_ = std::max(highest_, watermark); }

bool BelievedTime::merged(std::size_t lane, std::int64_t time) {
  if (far(lane, time, highest_)) return false;
  if (highest_ != kNoTime) highest_ = std::max(highest_, time);
  return true;
}

bool BelievedTime::far(std::size_t lane, std::int64_t time, std::int64_t highest) const {
  const Source& source = sources_[source_of_[lane]];
  if (!is_far(time, highest, source.limits.ahead_ms, 0)) return false;
  return is_far(time, highest, source.limits.ahead_ms, usual_gap(source));
}

/// Of a source that has none yet: the widest of the others.
std::int64_t BelievedTime::usual_gap(const Source& of) const {
  if (!of.gap.empty()) return of.gap.ms();
  std::int64_t widest = 0;
  for (const Source& source : sources_) widest = std::max(widest, source.gap.ms());
  return widest;
}

bool BelievedTime::borne_out(std::size_t lane, std::size_t rows, const FewKeys& of,
                             const FewKeys& had) const {
  const std::size_t confirm = sources_[source_of_[lane]].limits.confirm;
  return rows >= confirm && of.count() >= std::min(had.count(), confirm);
}

void BelievedTime::carry(std::size_t index, Source from, std::span<const std::size_t> lanes) {
  Source& source = sources_[index];
  from.limits = source.limits;
  std::vector<Doubt> rows = std::move(from.doubts);
  from.doubts.clear();
  for (Doubt& row : rows) {
    const auto lane = std::ranges::find(lanes, row.lane);
    if (lane == lanes.end()) continue;
    row.lane = static_cast<std::uint32_t>(lane - lanes.begin());
    keep(from, row);
  }
  source = std::move(from);
  source.settle();
}

void BelievedTime::Source::settle() {
  settled = begun && far_in_a_row == 0;
}

void BelievedTime::Source::state(StateVisitor& visit) {
  visit.version("believed", 1);
  visit(high, gap, keys, far_keys, doubts, far_in_a_row, counts.believed, counts.refused, begun);
  if (begun ? far_in_a_row < doubts.size() : far_in_a_row != 0)
    throw StateError("clock: the far rows of a source are not a state");
  settle();
}

void BelievedTime::state(StateVisitor& visit) {
  visit(highest_);
  for (Source& source : sources_) source.state(visit);
}

}  // namespace weir
