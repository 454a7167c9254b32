#include "pipeline/runner/lanes.h"

#include <algorithm>

#include "pipeline/core/check.h"

namespace weir {

Lanes::Lanes(std::vector<Lane> lanes, std::vector<std::unique_ptr<RecordReader>> readers,
             std::vector<std::int64_t> positions, Signal& signal)
    : readers_(std::move(readers)) {
  std::vector<std::vector<PartitionOffset>> starts(readers_.size());
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    lanes_.push_back({lanes[i], {}, 0, positions[i], -1, std::nullopt});
    starts[lanes[i].source].push_back({lanes[i].partition, positions[i]});
  }
  for (std::size_t s = 0; s < readers_.size(); ++s)
    if (readers_[s]) readers_[s]->start(starts[s], signal);
}

std::vector<std::int64_t> Lanes::positions() const {
  std::vector<std::int64_t> all;
  for (const State& lane : lanes_) all.push_back(lane.position);
  return all;
}

std::int64_t Lanes::lag(std::size_t lane) const {
  const State& at = lanes_[lane];
  const std::int64_t end = readers_[at.lane.source]->end_offset(at.lane.partition);
  const std::int64_t reached = empty(lane) ? std::max(at.position, at.read_to) : at.position;
  return end < 0 ? -1 : std::max<std::int64_t>(0, end - reached);
}

void Lanes::refill(std::size_t max, Clock::time_point now) {
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) refill(lane, max, now);
}

void Lanes::refill(std::size_t index, std::size_t max, Clock::time_point now) {
  State& lane = lanes_[index];
  if (lane.next < lane.buffer.size()) return;
  lane.buffer.clear();
  lane.next = 0;
  const RecordReader::Fetched fetched =
      readers_[lane.lane.source]->fetch(lane.lane.partition, max, lane.buffer);
  lane.read_to = fetched.next;
  if (fetched.count == 0 && fetched.end) lane.position = std::max(lane.position, fetched.next);
  if (fetched.count > 0)
    lane.ended.reset();
  else if (fetched.end && !lane.ended)
    lane.ended = now;
}

std::optional<std::size_t> Lanes::choose(const EventClock& clock, std::int64_t align_ms) const {
  std::optional<std::size_t> best;
  std::int64_t best_time = 0;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    if (empty(i)) continue;
    const std::int64_t high = clock.high(i);
    if (!best || high < best_time) {
      best = i;
      best_time = high;
    }
  }
  if (!best) return best;
  // A source that has unread data but nothing fetched yet must not be run away from.
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    if (!empty(i) || lanes_[i].ended || lanes_[i].lane.source == lanes_[*best].lane.source)
      continue;
    const std::int64_t high = clock.high(i);
    if (best_time != kNoTime && (high == kNoTime || best_time > high + align_ms))
      return std::nullopt;
  }
  return best;
}

std::span<const Record> Lanes::take(std::size_t lane, std::size_t max, std::size_t bytes) {
  State& at = lanes_[lane];
  const std::size_t most = std::min(max, at.buffer.size() - at.next);
  std::size_t n = 0;
  for (std::size_t sum = 0; n < most; ++n) {
    const Record& record = at.buffer[at.next + n];
    sum += record.key.size() + record.value.size();
    if (sum > bytes && n > 0) break;
  }
  const std::span<const Record> records(at.buffer.data() + at.next, n);
  at.next += n;
  if (n > 0) at.position = records.back().offset + 1;
  return records;
}

}  // namespace weir
