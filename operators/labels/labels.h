#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operators/labels/label_join.h"
#include "pipeline/core/options.h"

namespace weir {

/// The block `labels:` of a model, as written.
struct LabelsOptions {
  Written input;
  Written match_row, match_label;  // `match: id` names one field on both sides
  Duration wait;
  std::optional<Written> field;
  Duration early{60'000};
  std::optional<Literal> present, absent;
  std::string rows = "first";
  std::string late = "ignore";
  std::size_t max_waiting = 1'000'000;
  std::size_t max_per_id = 1'000;

  void describe(OptionVisitor& option);
  LabelJoin::Options join() const;
};

}  // namespace weir
