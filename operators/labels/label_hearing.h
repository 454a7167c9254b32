#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "operators/labels/source_hearing.h"
#include "pipeline/core/operator.h"
#include "pipeline/core/state.h"
#include "pipeline/core/step.h"

namespace weir {

/// The time by which a row's wait for its label ends: the watermark, but no later than the sources
/// of the labels have been heard, the least of them if there are several. Every record of a source
/// counts, also one that a filter drops or that matches nothing.
///
/// Cost: O(1) per position and source; no allocation on a steady stream. State: a few numbers a
/// source, by its name.
class LabelHearing {
 public:
  /// `longest`: the silence (ms) beyond which a source is not heard. Nothing: the watermark alone
  /// decides.
  LabelHearing(std::optional<std::int64_t> longest, std::span<const PortSource> sources);

  /// Takes in the positions of a step.
  void listen(const Step& step);
  /// For each position of the step, the time by which waits end. It never goes back. Good until the
  /// step is cleared.
  std::span<const std::int64_t> ends() const { return ends_; }

  /// After the last position.
  std::int64_t watermark() const { return watermark_; }
  /// How long (ms of event time) a source has been silent, the longest of them; 0: all speak.
  std::int64_t silence() const;
  std::uint64_t silences() const;

  void state(StateVisitor& visit);

 private:
  struct Source {
    std::uint16_t index;
    std::string name;
    SourceHearing hearing = {};
  };

  std::int64_t longest_;
  std::vector<Source> sources_;  // none: the watermark alone decides
  std::int64_t watermark_ = kNoTime;
  std::vector<std::int64_t> heard_;  // scratch: per position
  std::span<const std::int64_t> ends_;
};

}  // namespace weir
