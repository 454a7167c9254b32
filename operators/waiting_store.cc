#include "operators/waiting_store.h"

#include <xxhash.h>

#include <algorithm>

#include "pipeline/core/check.h"

namespace weir {
namespace {

constexpr std::size_t kRows = WaitingSegment::kRows;

std::size_t slot_of(std::uint64_t number) { return number % kRows; }

bool has_values(WaitingPhase phase) {
  return phase == WaitingPhase::waiting || phase == WaitingPhase::kept;
}

}  // namespace

std::uint64_t MatchId::hash() const {
  if (text.data() != nullptr) return XXH3_64bits(text.data(), text.size());
  const double value = number == 0 ? 0 : number;  // -0 is 0
  return XXH3_64bits(&value, sizeof value);
}

WaitingStore::WaitingStore(WaitingLayout layout, bool text_id)
    : layout_(layout), text_id_(text_id) {}

const WaitingSegment& WaitingStore::segment(std::uint64_t number) const {
  return segments_[number / kRows - first_];
}
WaitingSegment& WaitingStore::segment(std::uint64_t number) {
  return segments_[number / kRows - first_];
}

WaitingPhase WaitingStore::phase(std::uint64_t number) const {
  if (number / kRows < first_) return WaitingPhase::gone;
  const WaitingSegment& at = segment(number);
  return at.remembered == 0 ? WaitingPhase::gone
                            : static_cast<WaitingPhase>(at.phases[slot_of(number)]);
}

bool WaitingStore::is(const MatchId& id, std::uint64_t number) const {
  const WaitingSegment& at = segment(number);
  if (text_id_) return at.texts[0][slot_of(number)] == id.text;
  return at.numbers[0][slot_of(number)] == id.number;
}

void WaitingStore::find(const MatchId& id, Found& found) const {
  found.waiting.clear();
  found.kept.clear();
  found.joined = found.expired = false;
  index_.each(id.hash(), [&](std::uint64_t number) {
    switch (phase(number)) {
      case WaitingPhase::waiting:
        if (is(id, number)) found.waiting.push_back(number);
        break;
      case WaitingPhase::kept:
        if (is(id, number)) found.kept.push_back(number);
        break;
      case WaitingPhase::joined:
        found.joined = true;
        break;
      case WaitingPhase::expired:
        found.expired = true;
        break;
      case WaitingPhase::gone:
        break;
    }
  });
  std::sort(found.waiting.begin(), found.waiting.end());
  std::sort(found.kept.begin(), found.kept.end());
}

std::uint64_t WaitingStore::add(const MatchId& id, std::int64_t due, const WaitingRow& row) {
  if (segments_.empty() || segments_.back().full()) segments_.emplace_back(layout_);
  WaitingSegment& last = segments_.back();
  const std::uint64_t number = (first_ + segments_.size() - 1) * kRows + last.rows();
  const std::uint64_t hash = id.hash();
  last.append(hash, due, row);
  index_.add(hash, number);
  due_.push({due, number});
  ++waiting_;
  return number;
}

void WaitingStore::read(std::uint64_t number, WaitingRow& row) const {
  const WaitingSegment& from = segment(number);
  const std::size_t slot = slot_of(number);
  row.numbers.resize(layout_.numbers);
  row.texts.resize(layout_.texts);
  row.list.clear();
  for (std::size_t i = 0; i < layout_.numbers; ++i) row.numbers[i] = from.numbers[i][slot];
  for (std::size_t i = 0; i < layout_.texts; ++i) row.texts[i] = from.texts[i][slot];
  if (!layout_.list) return;
  const std::span<const double> list = from.list[0][slot];
  row.list.assign(list.begin(), list.end());
}

void WaitingStore::set_phase(std::uint64_t number, WaitingPhase next) {
  WaitingSegment& at = segment(number);
  const WaitingPhase before = phase(number);
  check(before != WaitingPhase::gone && next != WaitingPhase::waiting, "a row waits once");
  at.phases[slot_of(number)] = static_cast<std::uint8_t>(next);
  if (before == WaitingPhase::waiting)
    --waiting_;
  else
    --remembered_;
  if (next == WaitingPhase::gone) {
    index_.remove(at.hashes[slot_of(number)], number);
    --at.remembered;
  } else {
    ++remembered_;
  }
  if (has_values(before) && !has_values(next)) --at.with_values;
  if (at.full() && at.with_values == 0 && !at.values_freed()) at.free_values();
  if (at.full() && at.remembered == 0) at.free_all();
  while (!segments_.empty() && segments_.front().full() && segments_.front().remembered == 0) {
    segments_.pop_front();
    ++first_;
  }
  settle_queues();
}

// Rows that were joined leave their timers behind: none may stay on top, and they may not pile up.
void WaitingStore::settle_queues() {
  constexpr std::size_t kSlack = 1024;
  const auto waits = [&](const Timer& t) { return phase(t.number) == WaitingPhase::waiting; };
  while (!due_.empty() && !waits(due_.top())) due_.pop();
  if (due_.size() > 2 * waiting_ + kSlack) due_.retain(waits);
  if (forget_.size() > 2 * remembered_ + kSlack)
    forget_.retain([&](const Timer& t) { return phase(t.number) != WaitingPhase::gone; });
}

void WaitingStore::join(std::uint64_t number) {
  if (phase(number) == WaitingPhase::waiting)
    forget_.push({segment(number).due[slot_of(number)], number});
  set_phase(number, WaitingPhase::joined);
}

void WaitingStore::expire(std::uint64_t number, bool keep, std::int64_t until) {
  check(phase(number) == WaitingPhase::waiting, "a row that waits expires");
  segment(number).due[slot_of(number)] = until;
  forget_.push({until, number});
  set_phase(number, keep ? WaitingPhase::kept : WaitingPhase::expired);
}

void WaitingStore::drop(std::uint64_t number) { set_phase(number, WaitingPhase::gone); }

const TimerQueue::Timer* WaitingStore::next_due() const {
  return due_.empty() ? nullptr : &due_.top();
}

std::uint64_t WaitingStore::oldest() {
  check(waiting_ > 0, "a row waits");
  oldest_ = std::max(oldest_, first_ * kRows);
  while (phase(oldest_) != WaitingPhase::waiting) ++oldest_;
  return oldest_;
}

void WaitingStore::forget(std::int64_t time) {
  while (!forget_.empty() && forget_.top().due <= time) {
    const std::uint64_t number = forget_.top().number;
    forget_.pop();
    if (phase(number) != WaitingPhase::gone) drop(number);
  }
}

void WaitingStore::forget_one() {
  for (;;) {
    check(!forget_.empty(), "something is remembered");
    const std::uint64_t number = forget_.top().number;
    forget_.pop();
    if (phase(number) == WaitingPhase::gone) continue;
    drop(number);
    return;
  }
}

std::size_t WaitingStore::bytes() const {
  std::size_t sum = index_.bytes() + (due_.size() + forget_.size()) * sizeof(Timer);
  for (const WaitingSegment& one : segments_) sum += one.bytes();
  return sum;
}

void WaitingStore::state(StateVisitor& visit) {
  visit.version("waiting rows", 1);
  visit(first_);
  const std::size_t count = visit.count(segments_.size(), 1);
  if (visit.loading()) segments_.assign(count, WaitingSegment(layout_));
  for (WaitingSegment& one : segments_) visit(one);
  if (visit.loading()) rebuild();
}

void WaitingStore::rebuild() {
  index_.clear();
  due_.clear();
  forget_.clear();
  waiting_ = remembered_ = 0;
  oldest_ = 0;
  std::vector<Timer> due, forget;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const WaitingSegment& at = segments_[i];
    if (at.remembered == 0) continue;
    for (std::size_t slot = 0; slot < at.rows(); ++slot) {
      const auto standing = static_cast<WaitingPhase>(at.phases[slot]);
      if (standing == WaitingPhase::gone) continue;
      const std::uint64_t number = (first_ + i) * kRows + slot;
      index_.add(at.hashes[slot], number);
      (standing == WaitingPhase::waiting ? due : forget).push_back({at.due[slot], number});
    }
  }
  std::sort(due.begin(), due.end());
  std::sort(forget.begin(), forget.end());
  for (const Timer& timer : due) due_.push(timer);
  for (const Timer& timer : forget) forget_.push(timer);
  waiting_ = due.size();
  remembered_ = forget.size();
}

}  // namespace weir
