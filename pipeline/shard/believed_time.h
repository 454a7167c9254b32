#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "pipeline/core/state.h"
#include "pipeline/core/step.h"
#include "pipeline/shard/event_clock.h"
#include "pipeline/shard/few_keys.h"
#include "pipeline/shard/usual_gap.h"

namespace weir {

/// Decides which event times may move the clock of a shard, so that one wrong clock cannot move
/// all. It knows the highest event time that is believed, over all sources and ticks.
///
/// A row is far if its event time lies beyond that by more than `ahead` and by more than five usual
/// gaps of its source. A far row counts as a row of the highest believed time, but moves its lane
/// no further than its source has come, before `confirm` have come in a row. Once `confirm` far
/// rows of a source have come in a row, of at least three different keys or of as many as the
/// source has had, the clock moves to the least of the last `confirm` and on to those within reach
/// of it.
///
/// The clock of a source begins with its first `confirm` rows, or with those there are when all of
/// its lanes are idle: at the least of them and on to those within reach, by the median of the
/// gaps between them. Until then its rows move no clock, and keep their event times unless another
/// source has begun and they are far.
///
/// Cost: two comparisons for a row that is not far; a hash of its key while its source has had
/// fewer than three.
class BelievedTime {
 public:
  struct Limits {
    std::int64_t ahead_ms = 0;
    std::size_t confirm = 1;
  };
  /// Far rows by what became of them; those still in doubt are neither.
  struct Counts {
    std::uint64_t believed = 0, refused = 0;
  };

  /// `limits`: one entry a source; `sources`: the source of each lane.
  BelievedTime(const std::vector<Limits>& limits, std::vector<std::size_t> sources);

  /// Takes a row's event time if neither it nor its source is in doubt; else it is for `judge`.
  bool take(std::size_t lane, std::int64_t time) {
    Source& source = sources_[source_of_[lane]];
    if (!source.settled || time - source.limits.ahead_ms > highest_) return false;
    if (time > source.high) source.rise(time);
    if (time > highest_) highest_ = time;
    return true;
  }
  /// Whether a row that was taken has a key that counts: then it is for `note`.
  bool wants_key(std::size_t lane) const { return !sources_[source_of_[lane]].keys.full(); }
  void note(std::size_t lane, std::optional<std::uint64_t> key) {
    sources_[source_of_[lane]].keys.add(key);
  }
  /// Any row, with the hash of its key. Moves the clock, and returns the time that counts as the
  /// row's event time.
  std::int64_t judge(std::size_t lane, std::int64_t time, std::optional<std::uint64_t> key,
                     EventClock& clock);

  /// The lane has fallen idle: the clock knows it. Returns whether the source's clock has begun.
  bool idle(std::size_t lane, EventClock& clock);
  void tick(std::int64_t watermark);
  /// Replay: files have come to `time` before the next row of `lane`. Returns whether that is
  /// believed.
  bool merged(std::size_t lane, std::int64_t time);

  std::int64_t highest() const { return highest_; }
  bool begun(std::size_t lane) const { return sources_[source_of_[lane]].begun; }
  /// Whether `time` would be far if `highest` were the highest believed time.
  bool far(std::size_t lane, std::int64_t time, std::int64_t highest) const;
  /// Whether rows of the lane with these keys, which are all far and come in a row, would be
  /// believed. `had`: the keys of the source with them.
  bool borne_out(std::size_t lane, std::size_t rows, const FewKeys& of, const FewKeys& had) const;
  const FewKeys& keys(std::size_t lane) const { return sources_[source_of_[lane]].keys; }
  std::size_t confirm(std::size_t lane) const { return sources_[source_of_[lane]].limits.confirm; }

  const Counts& counts(std::size_t source) const { return sources_[source].counts; }
  /// Far rows of a source that are neither believed nor refused yet.
  std::uint64_t in_doubt(std::size_t source) const { return sources_[source].far_in_a_row; }

  /// What is in doubt: rows before the clock begins, and far rows in a row.
  struct Doubt {
    std::int64_t time = 0;
    std::optional<std::uint64_t> key;
    std::uint32_t lane = 0;
    bool far = false;

    void state(StateVisitor& visit) { visit(time, key, lane, far); }
  };
  struct Source {
    Limits limits;
    std::int64_t high = kNoTime;  // the highest believed event time of its own rows
    UsualGap gap;
    FewKeys keys;               // of all its rows
    FewKeys far_keys;           // of the far rows in a row
    std::vector<Doubt> doubts;  // in the order they came, the last `confirm` of them
    std::uint64_t far_in_a_row = 0;
    Counts counts;
    bool begun = false;
    bool settled = false;  // not state: it has begun, and no row is in doubt

    void rise(std::int64_t time);
    void settle();
    void state(StateVisitor& visit);
  };

  void state(StateVisitor& visit);
  /// For a state that another pipeline reads: the highest time, then each source by its name.
  void highest_state(StateVisitor& visit) { visit(highest_); }
  void source_state(std::size_t source, StateVisitor& visit) { sources_[source].state(visit); }
  /// Continues a source of another clock, whose lane `lanes[i]` is lane i here.
  void carry(std::size_t source, Source from, std::span<const std::size_t> lanes);

 private:
  std::int64_t usual_gap(const Source& of) const;
  std::int64_t first(Source& source, Doubt row, EventClock& clock);
  void begin(Source& source, EventClock& clock);
  void refuse(Source& source);
  void keep(Source& source, const Doubt& row) const;
  void believe(Source& source, std::optional<std::int64_t> gap, EventClock& clock);

  std::vector<Source> sources_;
  std::vector<std::size_t> source_of_;
  std::int64_t highest_ = kNoTime;
};

inline void BelievedTime::Source::rise(std::int64_t time) {
  if (high != kNoTime) gap.add(time - high);
  high = time;
}

}  // namespace weir
