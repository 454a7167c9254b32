#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "operators/keyed/key_slots.h"
#include "pipeline/core/check.h"
#include "pipeline/core/state.h"
#include "pipeline/core/step.h"

namespace weir {

/// State by key, bounded: what `key:` means for every stateful operator.
///
/// The table is in order of use. At `max_keys` the least recently used key makes room for a new
/// one. With `ttl`, a key is forgotten when event time (that of its next row, or the watermark) is
/// more than `ttl` past the latest event time of its rows. A state that was saved with more keys
/// than `max_keys` gives them up with the next row. All of it follows from the rows alone:
/// the same rows, the same evictions.
///
/// Cost: one hash (XXH3), about one comparison, four links; no allocation for a known key. Memory:
/// the state, the key's bytes (of a text at most 256: RowKey) and some 80 bytes. State: keys from
/// least to most recently used, so a restored table continues identically. Reading (`find`) changes
/// nothing.
template <class State>
class KeyedTable {
 public:
  /// `ttl_ms` 0: keys are never too old.
  explicit KeyedTable(std::size_t max_keys = 1'000'000, std::int64_t ttl_ms = 0)
      : max_keys_(max_keys), ttl_ms_(ttl_ms) {
    check(max_keys > 0, "a table has room for a key");
  }

  /// The state of `key` for a row at `event_time`; a new or forgotten one is State{}. The key
  /// becomes the most recently used. Valid until the next call.
  State& at(std::string_view key, std::int64_t event_time, std::int64_t watermark) {
    while (size_ > max_keys_) evict();  // a state with more was loaded
    if (ttl_ms_ > 0) forget_old(watermark);
    const std::uint64_t hash = hash_of(key);
    std::uint32_t index = lookup(key, hash);
    if (index == kNone) return insert(key, hash, event_time);
    Entry& entry = entries_[index];
    if (too_old(entry, std::max(event_time, watermark))) {
      entry.state = State{};
      entry.used = event_time;
      ++expired_;
    }
    entry.used = std::max(entry.used, event_time);
    if (index != newest_) {
      unlink(index);
      link_newest(index);
    }
    return entry.state;
  }

  /// The state of `key` as its next row at `event_time` would find it, or null.
  const State* find(std::string_view key, std::int64_t event_time) const {
    const std::uint32_t index = lookup(key, hash_of(key));
    if (index == kNone || too_old(entries_[index], event_time)) return nullptr;
    return &entries_[index].state;
  }

  /// Calls `f(key, state)` from the least to the most recently used.
  template <class F>
  void each(F f) {
    for (std::uint32_t i = oldest_; i != kNone; i = entries_[i].newer)
      f(std::string_view(entries_[i].key), entries_[i].state);
  }

  std::size_t size() const { return size_; }
  /// Keys given up to stay within max_keys, and keys forgotten by ttl, since the program started.
  std::uint64_t evicted() const { return evicted_; }
  std::uint64_t expired() const { return expired_; }

  void state(StateVisitor& visit) {
    visit.version("keyed_table", 1);
    const std::size_t count = visit.count(size_, 16);
    if (visit.loading())
      load(visit, count);
    else
      for (std::uint32_t i = oldest_; i != kNone; i = entries_[i].newer)
        visit(entries_[i].key, entries_[i].used, entries_[i].state);
  }

 private:
  static constexpr std::uint32_t kNone = KeySlots::kNone;

  struct Entry {
    std::string key;
    std::int64_t used = 0;  // the latest event time of its rows
    std::uint32_t newer = kNone;
    std::uint32_t older = kNone;
    State state{};
  };

  static std::uint64_t hash_of(std::string_view key) { return KeySlots::hash_of(key); }
  bool too_old(const Entry& entry, std::int64_t now) const {
    return ttl_ms_ > 0 && now != kNoTime && now - ttl_ms_ > entry.used;
  }

  void forget_old(std::int64_t watermark) {
    while (oldest_ != kNone && too_old(entries_[oldest_], watermark)) {
      remove(oldest_);
      ++expired_;
    }
  }

  std::uint32_t lookup(std::string_view key, std::uint64_t hash) const {
    return slots_.find(hash, [&](std::uint32_t entry) { return entries_[entry].key == key; });
  }

  State& insert(std::string_view key, std::uint64_t hash, std::int64_t event_time) {
    if (size_ == max_keys_) evict();
    return add(key, hash, event_time);
  }

  State& add(std::string_view key, std::uint64_t hash, std::int64_t event_time) {
    if (2 * (size_ + 1) > slots_.size()) grow();
    std::uint32_t index;
    if (free_.empty()) {
      index = static_cast<std::uint32_t>(entries_.size());
      entries_.emplace_back();
    } else {
      index = free_.back();
      free_.pop_back();
    }
    Entry& entry = entries_[index];
    entry.key = key;
    entry.used = event_time;
    slots_.place(index, hash);
    link_newest(index);
    ++size_;
    return entry.state;
  }

  void evict() {
    remove(oldest_);
    ++evicted_;
  }

  void grow() {
    slots_.grow();
    for (std::uint32_t i = oldest_; i != kNone; i = entries_[i].newer)
      slots_.place(i, hash_of(entries_[i].key));
  }

  void remove(std::uint32_t index) {
    slots_.remove(index, [this](std::uint32_t entry) { return hash_of(entries_[entry].key); });
    unlink(index);
    entries_[index].state = State{};
    free_.push_back(index);
    --size_;
  }

  void unlink(std::uint32_t index) {
    const Entry& entry = entries_[index];
    (entry.newer == kNone ? newest_ : entries_[entry.newer].older) = entry.older;
    (entry.older == kNone ? oldest_ : entries_[entry.older].newer) = entry.newer;
  }
  void link_newest(std::uint32_t index) {
    entries_[index].newer = kNone;
    entries_[index].older = newest_;
    (newest_ == kNone ? oldest_ : entries_[newest_].newer) = index;
    newest_ = index;
  }

  void load(StateVisitor& visit, std::size_t count) {
    *this = KeyedTable(max_keys_, ttl_ms_);
    std::string key;
    for (std::size_t i = 0; i < count; ++i) {
      std::int64_t used = 0;
      visit(key, used);
      const std::uint64_t hash = hash_of(key);
      if (lookup(key, hash) != kNone) throw StateError("a key is in the table twice");
      visit(add(key, hash, used));
    }
  }

  std::size_t max_keys_;
  std::int64_t ttl_ms_;
  std::deque<Entry> entries_;  // never moved: growing pauses nobody
  std::vector<std::uint32_t> free_;
  KeySlots slots_;
  std::uint32_t newest_ = kNone;
  std::uint32_t oldest_ = kNone;
  std::size_t size_ = 0;
  std::uint64_t evicted_ = 0;
  std::uint64_t expired_ = 0;
};

}  // namespace weir
