#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "operators/labels/hash_multimap.h"
#include "operators/labels/timer_queue.h"
#include "operators/labels/waiting_segment.h"

namespace weir {

/// The value by which a row is found: a text, or a number (`text` then is null).
struct MatchId {
  std::string_view text;
  double number = 0;

  std::uint64_t hash() const;
  bool missing() const { return text.data() == nullptr && !(number == number); }
};

/// Rows that wait for something that names their id, until a due time.
///
/// Append-only segments of 65,536 rows by column, an index from the hash of the id, and a queue of
/// due times. A row that waits or is kept is found by its exact id; of one that is only remembered,
/// 17 bytes and its timer stay. Rows are numbered in order of arrival.
/// A state may hold rows of other layouts: columns are found by name, what a row lacks is missing.
/// Cost: O(1) per row, no allocation of its own per row (columns grow); a full segment is sealed
/// (some ms). Memory: the values of every segment with a row that waits, which go to disk and need
/// none once a snapshot was taken, and 28 to 42 bytes a row for phase, index and timer.
/// State: layouts, phases and the open segment; sealed ones by name. Index and queues are rebuilt.
class WaitingStore {
 public:
  struct Options {
    bool text_id = true;         // the id is the first text of a row; else its first number
    std::int64_t remember = 0;   // ms, from its due time on, that a row whose wait is over is known
    unsigned segment_bits = 16;  // rows of a segment, as a power of two
  };
  WaitingStore(WaitingLayout layout, Options options);

  /// The rows of an id, by phase, each in order of arrival. Cost: as many as there are.
  struct Found {
    std::vector<std::uint64_t> waiting, kept;
    std::vector<std::uint64_t> joined;  // in time: their wait has not ended
    bool joined_late = false;           // after its wait
    bool expired = false;
  };
  void find(const MatchId& id, Found& found) const;

  /// A new row, waiting until `due`; returns its number.
  std::uint64_t add(const MatchId& id, std::int64_t due, const WaitingRow& row);

  /// Copies a row's values; its texts are good until the next call that changes the store.
  void read(std::uint64_t number, WaitingRow& row) const;

  /// The row was used: its id is remembered until its due time.
  void join(std::uint64_t number);
  /// The row's wait is over: it is remembered for some time (`keep`: kept whole).
  void expire(std::uint64_t number, bool keep);
  /// The row leaves without a trace.
  void drop(std::uint64_t number);

  /// The waiting row that is due first.
  const TimerQueue::Timer* next_due() const;
  /// Rows that wait though they are due by `time` are held. It never goes back.
  void hold(std::int64_t time);
  /// The waiting row that is due first of those not held.
  const TimerQueue::Timer* next_not_held() const;
  std::size_t held() const { return held_count_; }
  std::int64_t due(std::uint64_t number) const { return segment(number).due(slot_of(number)); }

  /// The waiting row that came first; there must be one.
  std::uint64_t oldest();

  /// Forgets what was kept or remembered until `time` or before.
  void forget(std::int64_t time);
  /// Forgets the kept or remembered row that would go next; there must be one.
  void forget_one();

  std::size_t waiting() const { return waiting_; }
  std::size_t remembered() const { return remembered_; }
  /// Bytes held in memory.
  std::size_t bytes() const;

  void state(StateVisitor& visit);
  /// Shows the sealed parts of its state. Cost: that of their number.
  void sealed(SealedSink& sink);

 private:
  using Timer = TimerQueue::Timer;

  /// A layout of some rows, the first is that of the rows to come; `numbers` and `texts` say, for
  /// each column of the first, which column of this one has its name.
  struct Layout {
    WaitingLayout columns;
    std::vector<std::optional<std::size_t>> numbers, texts;
  };

  const WaitingLayout& layout() const { return layouts_[0]->columns; }
  void push(Timer timer);
  void open_segment();
  void drop_front();
  std::vector<std::uint32_t> layouts_in_use(std::vector<WaitingLayout>& used) const;
  void load_layouts(std::vector<WaitingLayout> saved, std::vector<const WaitingLayout*>& at);
  void give(const Layout& from, WaitingRow& row) const;
  const WaitingSegment& segment(std::uint64_t number) const;
  WaitingSegment& segment(std::uint64_t number);
  std::size_t slot_of(std::uint64_t number) const { return number & (rows_of_segment() - 1); }
  std::size_t rows_of_segment() const { return std::size_t{1} << options_.segment_bits; }
  WaitingPhase phase(std::uint64_t number) const;
  std::int64_t forget_at(std::uint64_t number) const;
  void set_phase(std::uint64_t number, WaitingPhase next);
  bool is(const MatchId& id, std::uint64_t number) const;
  void settle_queues();
  bool is_held(std::uint64_t number) const { return due(number) <= held_by_; }
  void rebuild();

  std::vector<std::unique_ptr<const Layout>> layouts_;  // their addresses do not change
  Options options_;
  std::deque<WaitingSegment> segments_;
  std::uint64_t first_ = 0;  // number of the first segment
  std::size_t waiting_ = 0;
  std::size_t remembered_ = 0;  // kept, joined or expired
  std::uint64_t oldest_ = 0;    // no row before it waits
  HashMultimap index_;
  std::size_t held_count_ = 0;
  std::int64_t held_by_ = std::numeric_limits<std::int64_t>::min();
  // Of waiting rows; the tops are never stale. Held ones are due by `held_by_`, others after it.
  TimerQueue held_, due_;
  TimerQueue forget_;  // of kept and remembered rows; may hold stale ones
};

}  // namespace weir
