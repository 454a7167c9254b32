#include "pipeline/shard/event_clock.h"

#include <algorithm>
#include <limits>

#include "pipeline/core/check.h"

namespace weir {

EventClock::EventClock(std::vector<std::int64_t> lateness_ms)
    : lateness_(std::move(lateness_ms)), lanes_(lateness_.size()) {}

void EventClock::advance() {
  least_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t most = kNoTime;
  bool awake = false;
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    most = std::max(most, reached(lane));
    if (lanes_[lane].idle) continue;
    awake = true;
    least_ = std::min(least_, reached(lane));
  }
  if (!awake) least_ = kNoTime;
  watermark_ = std::max(watermark_, awake ? least_ : most);
}

void EventClock::row(std::size_t lane, std::int64_t event_time) {
  Lane& at = lanes_[lane];
  const bool held = at.idle || reached(lane) <= least_;
  at.idle = false;
  if (event_time > at.high)
    at.high = event_time;
  else if (!held)
    return;
  if (held) advance();  // only the lane that holds the watermark back can move it
}

void EventClock::raise(std::size_t lane, std::int64_t event_time) {
  if (event_time <= lanes_[lane].high) return;
  lanes_[lane].high = event_time;
  advance();
}

void EventClock::idle(std::size_t lane) {
  lanes_[lane].idle = true;
  advance();
}

void EventClock::tick(std::int64_t watermark) {
  check(watermark >= watermark_, "a tick does not set the watermark back");
  watermark_ = watermark;
}

void EventClock::merged(std::int64_t event_time) {
  for (Lane& lane : lanes_)
    if (!lane.idle && event_time > lane.high) lane.high = event_time;
  advance();
}

bool EventClock::all_idle() const {
  return std::ranges::all_of(lanes_, [](const Lane& lane) { return lane.idle; });
}

void EventClock::carry(const EventClock& from, std::span<const std::size_t> lanes) {
  check(lanes.size() == lanes_.size(), "every lane has an origin");
  bool same = lanes_.size() == from.lanes_.size() && lateness_ == from.lateness_;
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    same = same && lanes[lane] == lane;
    if (lanes[lane] != kNoLane) lanes_[lane] = from.lanes_[lanes[lane]];
  }
  least_ = from.least_;
  watermark_ = from.watermark_;
  if (!same) advance();
}

void EventClock::state(StateVisitor& visit) {
  visit.version("clock", 1);
  const std::size_t lanes = lanes_.size();
  visit(lanes_);
  if (lanes_.size() != lanes) throw StateError("clock: the state has different partitions");
  visit(least_, watermark_);
}

}  // namespace weir
