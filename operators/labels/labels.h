#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "operators/labels/label_join.h"
#include "pipeline/core/options.h"

namespace weir {

/// The block `labels:` of a model, as written.
struct LabelsOptions {
  enum class Late : std::uint8_t { ignore, learn };

  Written input;
  Written match_row, match_label;  // `match: id` names one field on both sides
  Duration wait;
  std::optional<Written> field;
  Duration early{60'000};
  std::optional<DurationOrOff> heard;
  std::optional<Literal> present, absent;
  LabelJoin::Rows rows = LabelJoin::Rows::first;
  Late late = Late::ignore;
  std::size_t max_waiting = 1'000'000;
  std::size_t max_per_id = 1'000;

  void describe(OptionVisitor& option);
  LabelJoin::Options join() const;
  /// The longest silence (ms) of a source of labels that is heard; nothing: any.
  std::optional<std::int64_t> longest_silence() const;
};

}  // namespace weir
