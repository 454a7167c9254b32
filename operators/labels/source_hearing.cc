#include "operators/labels/source_hearing.h"

#include <algorithm>

namespace weir {

void SourceHearing::pass(std::int64_t event_time, std::int64_t watermark, std::int64_t longest) {
  const std::int64_t now = std::max(event_time, watermark);
  if (now == kNoTime) return;
  if (came_ == kNoTime) came_ = now;
  if (!silent_ && now - came_ > longest) {
    silent_ = returning_ = true;
    before_ = newest_;
    ++silences_;
  }
  if (event_time == kNoTime) return;
  if (silent_) since_ = now;
  silent_ = false;
  newest_ = std::max(newest_, event_time);
  came_ = std::max(came_, now);
  if (returning_ && now - since_ >= longest) returning_ = false;
}

}  // namespace weir
