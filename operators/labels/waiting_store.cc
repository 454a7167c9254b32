#include "operators/labels/waiting_store.h"

#include <xxhash.h>

#include <algorithm>

#include "pipeline/core/check.h"
#include "pipeline/core/batch.h"

namespace weir {

std::uint64_t MatchId::hash() const {
  if (text.data() != nullptr) return XXH3_64bits(text.data(), text.size());
  const double value = number == 0 ? 0 : number;  // -0 is 0
  return XXH3_64bits(&value, sizeof value);
}

WaitingStore::WaitingStore(WaitingLayout layout, Options options)
    : options_(options) {
  layouts_.push_back(std::make_unique<const Layout>(Layout{std::move(layout), {}, {}}));
}

const WaitingSegment& WaitingStore::segment(std::uint64_t number) const {
  return segments_[(number >> options_.segment_bits) - first_];
}
WaitingSegment& WaitingStore::segment(std::uint64_t number) {
  return segments_[(number >> options_.segment_bits) - first_];
}

WaitingPhase WaitingStore::phase(std::uint64_t number) const {
  if (number >> options_.segment_bits < first_) return WaitingPhase::gone;
  return segment(number).phase(slot_of(number));
}

/// When a kept or remembered row is forgotten.
std::int64_t WaitingStore::forget_at(std::uint64_t number) const {
  const std::int64_t until = due(number);
  return phase(number) == WaitingPhase::joined ? until : until + options_.remember;
}

bool WaitingStore::is(const MatchId& id, std::uint64_t number) const {
  const WaitingSegment& at = segment(number);
  if (options_.text_id) return at.text(0, slot_of(number)) == id.text;
  return at.number(0, slot_of(number)) == id.number;
}

void WaitingStore::find(const MatchId& id, Found& found) const {
  found.waiting.clear();
  found.kept.clear();
  found.joined.clear();
  found.joined_late = found.expired = false;
  const std::uint64_t hash = id.hash();
  index_.each(hash, [&](std::uint64_t number) {
    if (segment(number).hash(slot_of(number)) != hash) return;
    switch (phase(number)) {
      case WaitingPhase::waiting:
        if (is(id, number)) found.waiting.push_back(number);
        break;
      case WaitingPhase::kept:
        if (is(id, number)) found.kept.push_back(number);
        break;
      case WaitingPhase::joined:
        found.joined.push_back(number);
        break;
      case WaitingPhase::joined_late:
        found.joined_late = true;
        break;
      case WaitingPhase::expired:
        found.expired = true;
        break;
      case WaitingPhase::gone:
        break;
    }
  });
  for (auto* numbers : {&found.waiting, &found.kept, &found.joined})
    std::sort(numbers->begin(), numbers->end());
}

std::uint64_t WaitingStore::add(const MatchId& id, std::int64_t due, const WaitingRow& row) {
  open_segment();
  WaitingSegment& last = segments_.back();
  const std::uint64_t number =
      ((first_ + segments_.size() - 1) << options_.segment_bits) + last.rows();
  const std::uint64_t hash = id.hash();
  last.append(hash, due, row);
  index_.add(hash, number);
  push({due, number});
  ++waiting_;
  return number;
}

void WaitingStore::push(Timer timer) {
  const bool held = timer.due <= held_by_;
  (held ? held_ : due_).push(timer);
  held_count_ += held;
}

/// Sees to a segment that takes a row of today's layout.
void WaitingStore::open_segment() {
  if (!segments_.empty() && !segments_.back().closed()) {
    if (&segments_.back().layout() == &layout()) return;
    segments_.back().close();
    drop_front();
  }
  segments_.emplace_back(layout(), rows_of_segment());
}

void WaitingStore::drop_front() {
  while (!segments_.empty() && segments_.front().closed() && segments_.front().remembered() == 0) {
    segments_.pop_front();
    ++first_;
  }
}

void WaitingStore::read(std::uint64_t number, WaitingRow& row) const {
  const WaitingSegment& at = segment(number);
  at.read(slot_of(number), row);
  if (&at.layout() == &layout()) return;
  for (const auto& one : layouts_)
    if (&one->columns == &at.layout()) give(*one, row);
}

/// Brings a row of another layout into today's.
void WaitingStore::give(const Layout& from, WaitingRow& row) const {
  const WaitingRow old = row;
  row.numbers.assign(layout().numbers.size(), kMissing);
  row.texts.assign(layout().texts.size(), {});
  for (std::size_t i = 0; i < row.numbers.size(); ++i)
    if (from.numbers[i]) row.numbers[i] = old.numbers[*from.numbers[i]];
  for (std::size_t i = 0; i < row.texts.size(); ++i)
    if (from.texts[i]) row.texts[i] = old.texts[*from.texts[i]];
}

void WaitingStore::set_phase(std::uint64_t number, WaitingPhase next) {
  WaitingSegment& at = segment(number);
  const WaitingPhase before = phase(number);
  check(before != WaitingPhase::gone && next != WaitingPhase::waiting, "a row waits once");
  if (before == WaitingPhase::waiting) {
    --waiting_;
    held_count_ -= is_held(number);
  } else {
    --remembered_;
  }
  if (next == WaitingPhase::gone)
    index_.remove(at.hash(slot_of(number)), number);
  else
    ++remembered_;
  at.set_phase(slot_of(number), next);
  drop_front();
  settle_queues();
}

// Rows that were joined leave their timers behind: none may stay on top, and they may not pile up.
void WaitingStore::settle_queues() {
  constexpr std::size_t kSlack = 1024;
  const auto waits = [&](const Timer& t) { return phase(t.number) == WaitingPhase::waiting; };
  for (TimerQueue* queue : {&held_, &due_}) {
    while (!queue->empty() && !waits(queue->top())) queue->pop();
    if (queue->size() > 2 * waiting_ + kSlack) queue->retain(waits);
  }
  if (forget_.size() > 2 * remembered_ + kSlack)
    forget_.retain([&](const Timer& t) { return phase(t.number) != WaitingPhase::gone; });
}

void WaitingStore::join(std::uint64_t number) {
  const bool in_time = phase(number) == WaitingPhase::waiting;
  if (in_time) forget_.push({due(number), number});
  set_phase(number, in_time ? WaitingPhase::joined : WaitingPhase::joined_late);
}

void WaitingStore::expire(std::uint64_t number, bool keep) {
  check(phase(number) == WaitingPhase::waiting, "a row that waits expires");
  forget_.push({due(number) + options_.remember, number});
  set_phase(number, keep ? WaitingPhase::kept : WaitingPhase::expired);
}

void WaitingStore::drop(std::uint64_t number) { set_phase(number, WaitingPhase::gone); }

const TimerQueue::Timer* WaitingStore::next_due() const {
  return held_.empty() ? next_not_held() : &held_.top();
}

const TimerQueue::Timer* WaitingStore::next_not_held() const {
  return due_.empty() ? nullptr : &due_.top();
}

void WaitingStore::hold(std::int64_t time) {
  held_by_ = time;
  for (; !due_.empty() && due_.top().due <= time; due_.pop()) {
    if (phase(due_.top().number) != WaitingPhase::waiting) continue;
    held_.push(due_.top());
    ++held_count_;
  }
  settle_queues();
}

std::uint64_t WaitingStore::oldest() {
  check(waiting_ > 0, "a row waits");
  oldest_ = std::max(oldest_, first_ << options_.segment_bits);
  while (phase(oldest_) != WaitingPhase::waiting)
    oldest_ = slot_of(oldest_) + 1 < segment(oldest_).rows()
                  ? oldest_ + 1
                  : ((oldest_ >> options_.segment_bits) + 1) << options_.segment_bits;
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
  std::size_t sum = index_.bytes() + held_.bytes() + due_.bytes() + forget_.bytes();
  for (const WaitingSegment& one : segments_) sum += one.bytes();
  return sum;
}

void WaitingStore::state(StateVisitor& visit) {
  visit.version("waiting rows", 3);
  visit(first_);
  if (first_ >> 40 != 0) throw StateError("waiting rows: an impossible number of rows");
  std::vector<WaitingLayout> used;
  std::vector<std::uint32_t> layouts = layouts_in_use(used);
  visit(used);
  const std::size_t count = visit.count(segments_.size(), 16);
  if (!visit.loading()) {
    for (std::size_t i = 0; i < count; ++i) visit(layouts[i], segments_[i]);
    return;
  }
  std::vector<const WaitingLayout*> at;
  segments_.clear();
  load_layouts(std::move(used), at);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t of = 0;
    visit(of);
    if (of >= at.size()) throw StateError("waiting rows: a segment has no layout");
    visit(segments_.emplace_back(*at[of], rows_of_segment()));
  }
  rebuild();
}

/// The layouts of the segments there are, in the order of their first; returns which each has.
std::vector<std::uint32_t> WaitingStore::layouts_in_use(std::vector<WaitingLayout>& used) const {
  std::vector<const WaitingLayout*> seen;
  std::vector<std::uint32_t> of;
  for (const WaitingSegment& one : segments_) {
    auto at = std::find(seen.begin(), seen.end(), &one.layout());
    if (at == seen.end()) {
      used.push_back(one.layout());
      at = seen.insert(at, &one.layout());
    }
    of.push_back(static_cast<std::uint32_t>(at - seen.begin()));
  }
  return of;
}

/// `at`: where each of them is kept from now on.
void WaitingStore::load_layouts(std::vector<WaitingLayout> saved,
                                std::vector<const WaitingLayout*>& at) {
  const auto places = [](const std::vector<std::string>& of, const std::vector<std::string>& in) {
    std::vector<std::optional<std::size_t>> found;
    for (const std::string& name : of) {
      const auto there = std::find(in.begin(), in.end(), name);
      found.push_back(there == in.end() ? std::nullopt
                                        : std::optional<std::size_t>(there - in.begin()));
    }
    return found;
  };
  layouts_.resize(1);
  for (WaitingLayout& one : saved) {
    // The id comes first: what is looked up by it must not be something else.
    const auto& ids = options_.text_id ? one.texts : one.numbers;
    const auto& own_ids = options_.text_id ? layout().texts : layout().numbers;
    if (ids.empty() || own_ids.empty() || ids[0] != own_ids[0] || one.list != layout().list)
      throw StateError("waiting rows: they are found by another id, or have other lists");
    if (one == layout()) {
      at.push_back(&layout());
      continue;
    }
    Layout old{std::move(one), {}, {}};
    old.numbers = places(layout().numbers, old.columns.numbers);
    old.texts = places(layout().texts, old.columns.texts);
    layouts_.push_back(std::make_unique<const Layout>(std::move(old)));
    at.push_back(&layouts_.back()->columns);
  }
}

void WaitingStore::sealed(SealedSink& sink) {
  for (WaitingSegment& one : segments_) one.sealed(sink);
}

void WaitingStore::rebuild() {
  index_.clear();
  held_.clear();
  due_.clear();
  held_count_ = 0;
  forget_.clear();
  oldest_ = 0;
  std::vector<Timer> due, forget;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const WaitingSegment& at = segments_[i];
    if (i + 1 < segments_.size() && !at.closed())
      throw StateError("waiting rows: a segment before the last is not closed");
    for (std::size_t slot = 0; slot < at.rows(); ++slot) {
      const WaitingPhase standing = at.phase(slot);
      if (standing == WaitingPhase::gone) continue;
      const std::uint64_t number = ((first_ + i) << options_.segment_bits) + slot;
      index_.add(at.hash(slot), number);
      if (standing == WaitingPhase::waiting)
        due.push_back({at.due(slot), number});
      else
        forget.push_back({forget_at(number), number});
    }
  }
  for (auto* timers : {&due, &forget})
    if (!std::is_sorted(timers->begin(), timers->end())) std::sort(timers->begin(), timers->end());
  for (const Timer& timer : due) push(timer);
  for (const Timer& timer : forget) forget_.push(timer);
  waiting_ = due.size();
  remembered_ = forget.size();
}

}  // namespace weir
