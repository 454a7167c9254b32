#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/batch.h"
#include "pipeline/core/options.h"
#include "pipeline/core/state.h"
#include "pipeline/core/step.h"

namespace weir {

/// What an aggregate remembers of the rows of one pane.
struct NumberPane {
  std::int64_t index = 0;
  double count = 0;
  double first = 0;   // sum; or mean (std); or the least, greatest, last value
  double second = 0;  // std: sum of squared distances from the mean
};

struct TextPane {
  std::int64_t index = 0;
  std::string text;

  void state(StateVisitor& visit) { visit(index, text); }
};

/// The panes of one aggregate of one key that hold rows, ascending.
struct NumberTrack {
  std::vector<NumberPane> panes;
  // All but the last combined: not state, it follows from the panes.
  NumberPane before;
  bool before_holds = false;

  void state(StateVisitor& visit);
};

struct TextTrack {
  std::vector<TextPane> panes;
  std::string spare;  // the memory of a dead pane's text, for the next: not state

  void state(StateVisitor& visit) { visit(panes); }
};

/// How far a key has come: the same for all its aggregates.
struct KeyClock {
  std::int64_t newest = kNoTime;  // the highest event time of its rows
  std::int64_t rows = 0;          // how many there were

  void state(StateVisitor& visit) { visit(newest, rows); }
};

/// One aggregate over the earlier rows of a key.
///
/// A window of `over` is cut into `panes`; a figure combines the panes from left to right, nothing
/// is ever subtracted, so rounding does not drift. The window ends with the key's newest row and
/// reaches back by `over`, to within one pane (`over` divided by their number, rounded up). A late
/// row goes into its own pane while that is in the window. `lag: x, by: 24h` is the value as of
/// that long before the key's newest row, to one pane; `lag: x, by: 3` the third-last value. `last`
/// is the latest to come (in a window of time: of the newest pane). Missing values are skipped, and
/// numbers beyond 1e150, whose squares are not finite: one would spoil a figure for good. std
/// divides by n - 1 (as River's stats.Var, ddof = 1) and is Welford's, panes joined by Chan's
/// formula (Chan, Golub, LeVeque 1979). Of a text no more than its first 1,024 bytes are kept, or
/// the bytes of a state had no bound.
///
/// Cost: constant per row; when a new pane begins, once through the panes. Memory: 32 bytes a pane
/// that holds rows, at most panes + 1 of them; for texts, their bytes too.
class Aggregate {
 public:
  enum class Kind : std::uint8_t { count, sum, mean, std, min, max, last, lag };

  /// As written in the pipeline file.
  struct Options {
    Written name;
    std::optional<Written> count, sum, mean, std, min, max, last, lag;
    std::optional<Written> distinct, rate, since;
    std::optional<Extent> over, by;
    std::size_t panes = 60;
    bool exact = false;
    std::size_t max_rows = 1024;
    std::string per;

    void describe(OptionVisitor& option);
    /// The kind written, if one was.
    std::optional<Kind> kind() const;
    /// Its expression.
    const Written& argument() const;
  };

  /// `argument` is the type of the expression.
  Aggregate(const Options& options, Type argument);

  bool is_text() const { return argument_ == Type::text; }
  Type type() const { return argument_; }
  /// Whether it needs event times.
  bool timed() const { return unit_ == Extent::Unit::time; }

  /// Lets time pass for a key, whose clock knows the row at hand already in `newest`, not in
  /// `rows`.
  void advance(NumberTrack& track, const KeyClock& clock) const;
  void advance(TextTrack& track, const KeyClock& clock) const;
  /// The figure over the rows added; NaN when there is none, or infinite if it overflowed.
  double figure(NumberTrack& track, const KeyClock& clock) const;
  std::string_view figure(const TextTrack& track, const KeyClock& clock) const;
  /// Of a key without rows.
  double cold() const;
  /// Whether a number is too large to enter a figure.
  static bool too_large(double value) { return std::abs(value) > 1e150; }
  /// Whether a text is too long to be kept whole.
  static bool too_long(std::string_view text) { return text.size() > kLongestText; }
  static constexpr std::size_t kLongestText = 1'024;  // bytes
  /// Adds the value of the row at hand, if it is not missing and not too large; of a text that is
  /// too long its beginning.
  void add(NumberTrack& track, const KeyClock& clock, std::int64_t event_time, double value) const;
  void add(TextTrack& track, const KeyClock& clock, std::int64_t event_time,
           std::string_view value) const;

 private:
  std::int64_t window_end(const KeyClock& clock) const;
  std::int64_t pane_of(const KeyClock& clock, std::int64_t event_time) const;
  template <class Pane>
  std::size_t dead(const std::vector<Pane>& panes, std::int64_t end) const;
  template <class Pane>
  Pane& open(std::vector<Pane>& panes, std::int64_t index, bool& old) const;
  template <class Pane>
  const Pane* lagged(const std::vector<Pane>& panes, const KeyClock& clock) const;
  void combine(NumberPane& left, const NumberPane& right) const;
  void add(NumberPane& pane, double value) const;

  Kind kind_;
  Type argument_;                          // of the expression
  Extent::Unit unit_ = Extent::Unit::all;  // of its panes
  std::int64_t width_ = 1;                 // of a pane: ms or rows
  std::int64_t panes_ = 1;                 // in a window
  std::int64_t by_ = 0;                    // lag: ms or rows
};

}  // namespace weir
