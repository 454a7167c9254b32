#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "operators/labels/waiting_store.h"
#include "pipeline/core/step.h"

namespace weir {

/// How a label or a wait ended: the `outcome` of weir_labels_total.
enum class LabelEnd : std::uint8_t {
  joined,
  absent,
  late,
  orphan,
  expired,
  duplicate,
  duplicate_row,
  superseded,
  evicted,
  missing,   // a label record without a value
  unmatched,  // a row without an id: it cannot wait
  unheard     // a row that was held, and left
};
inline constexpr std::array<std::string_view, 12> kLabelEnds = {
    "joined",        "absent",     "late",    "orphan",  "expired",   "duplicate",
    "duplicate_row", "superseded", "evicted", "missing", "unmatched", "unheard"};

/// A label as it came; `text` for classes, else `number`.
struct Label {
  double number = 0;
  std::string_view text;
  std::int64_t time = 0;
};

/// Joins rows and labels by id, in event time, by the rules of `labels` in pipeline/LANGUAGE.md. It
/// decides which row a label belongs to and counts how each ends; its owner learns.
///
/// A row is due `wait` after its event time, or after the watermark at its arrival if that is
/// higher. Its wait ends once the labels are heard up to then (`heard`, at most the watermark);
/// until then a row that is due is held. A label waits for its row by the watermark alone.
/// An id whose label has come is remembered until its row's wait would end: further labels are
/// `duplicate`, further rows `duplicate_row`. One whose wait ended without label is remembered for
/// one more `wait` by `heard`: its labels are `late` (after a late one that was learned,
/// `duplicate`), and a further row waits as a new one. At most `max_waiting` rows wait, as many ids
/// are remembered (the first to be forgotten go first), and as many labels wait for a row. With
/// `all`, at most `max_per_id` rows of one id wait, and as many are remembered.
/// Cost: O(1) per row and label, with `all` that of the rows of its id, beside moving the row's
/// values. Memory: WaitingStore's.
class LabelJoin {
 public:
  enum class Rows : std::uint8_t { first, last, all };
  struct Options {
    std::int64_t wait_ms = 0;
    std::int64_t early_ms = 0;
    Rows rows = Rows::first;
    bool learn_late = false;  // rows are kept for late labels
    std::size_t max_waiting = 1'000'000;
    std::size_t max_per_id = 1'000;
  };

  /// `rows`: what a waiting row consists of, its id first. `text_id`, `text_label`: their types.
  LabelJoin(const Options& options, WaitingLayout rows, bool text_id, bool text_label);

  /// Lets time pass for everything but the rows' waits: labels become orphans, ids are forgotten.
  /// Call before a row or label, and at the end of a step.
  void advance(std::int64_t watermark, std::int64_t heard);

  /// Gives up what is more than the limits allow, in their order: a state may have been saved under
  /// larger ones. Call before a step; `watermark`: of its first position.
  void shed(std::int64_t watermark);
  /// Rows that are due at the end of a step are held.
  void hold(std::int64_t watermark) { rows_.hold(watermark); }
  /// Gives up every row that waits.
  void give_up_rows();

  enum class Arrival : std::uint8_t { waits, joins, duplicate };
  /// What a new row finds. `joins`: `label` was waiting for it (its text is good until `keep`).
  Arrival arrive(const MatchId& id, Label& label);
  /// Keeps a row that arrived and is no duplicate.
  void keep(const MatchId& id, Arrival arrival, std::int64_t time, const WaitingRow& row);

  struct Reached {
    std::span<const std::uint64_t> rows;  // in order of arrival; good until the next call of reach
    bool late = false;                    // their wait is over
  };
  /// The rows that a new label belongs to; without any it may wait itself. Each row is to be read
  /// and then taken.
  Reached reach(const MatchId& id, const Label& label);
  void read(std::uint64_t row, WaitingRow& values) const { rows_.read(row, values); }
  void take(std::uint64_t row);

  /// The wait that ends first, if any; `end_wait` ends it (`absent`: a value stands in for it).
  const TimerQueue::Timer* next_due() const { return rows_.next_due(); }
  /// The row that is due first of those not held.
  const TimerQueue::Timer* next_timer() const { return rows_.next_not_held(); }
  void end_wait(const TimerQueue::Timer& timer, bool absent);

  void count(LabelEnd end) { ++ends_[static_cast<std::size_t>(end)]; }
  std::uint64_t ended(LabelEnd end) const { return ends_[static_cast<std::size_t>(end)]; }
  std::size_t waiting() const { return rows_.waiting(); }
  std::size_t held() const { return rows_.held(); }
  std::size_t bytes() const { return rows_.bytes() + labels_.bytes(); }

  void state(StateVisitor& visit);
  /// Shows the sealed parts of its state.
  void sealed(SealedSink& sink);

 private:
  void make_room(const MatchId& id);
  void give_up(std::uint64_t row);
  void keep_label(const MatchId& id, const Label& label, bool used);

  Options options_;
  bool text_id_, text_label_;
  WaitingStore rows_;
  WaitingStore labels_;  // that came before their row
  std::array<std::uint64_t, kLabelEnds.size()> ends_ = {};
  // Scratch:
  std::int64_t watermark_ = kNoTime;  // of the position
  WaitingStore::Found found_, found_labels_;
  WaitingRow label_row_;
};

}  // namespace weir
