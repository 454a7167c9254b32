#pragma once

#include <cstdint>

#include "pipeline/core/state.h"
#include "pipeline/core/step.h"

namespace weir {

/// Up to which event time a source has been heard: what it had to say by then has come.
///
/// A record comes at its event time, or at the watermark if that is higher. The source is silent
/// once more than `longest` has passed since its newest record came, whether the watermark or the
/// next record shows it. It is heard up to its newest record. After a silence it is heard only up
/// to the newest record before it, since what was held up meanwhile may still be on its way, until
/// it has spoken for `longest` without another silence. So a source that says something once in a
/// long while is heard too, one record behind.
/// Nothing has been missed at the start: the first time that is known counts as a record that came.
/// What it is heard up to never goes back. Cost: O(1) a position.
class SourceHearing {
 public:
  /// A position. `event_time`: of the source's record there, else kNoTime; `watermark`: after it.
  void pass(std::int64_t event_time, std::int64_t watermark, std::int64_t longest);

  /// ms, or kNoTime.
  std::int64_t heard() const { return returning_ ? before_ : newest_; }
  bool silent() const { return silent_; }
  /// When its newest record came.
  std::int64_t came() const { return came_; }
  /// The silences so far.
  std::uint64_t silences() const { return silences_; }

  void state(StateVisitor& visit) {
    visit(newest_, before_, came_, since_, silences_, silent_, returning_);
  }

 private:
  std::int64_t newest_ = kNoTime;  // highest event time
  std::int64_t before_ = kNoTime;  // the same, before the last silence
  std::int64_t came_ = kNoTime;
  std::int64_t since_ = kNoTime;  // when it came back from the last silence
  std::uint64_t silences_ = 0;
  bool silent_ = false;
  bool returning_ = false;  // from a silence: it has not spoken for long enough
};

}  // namespace weir
