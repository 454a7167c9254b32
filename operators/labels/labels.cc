#include "operators/labels/labels.h"

#include <algorithm>

namespace weir {

void LabelsOptions::describe(OptionVisitor& option) {
  option("input", input, {.doc = "the stream of labels", .required = true});
  std::size_t matches = 0;
  option.entries("match",
                 {.doc = "the field that rows and labels share, or { mine: theirs }",
                  .required = true,
                  .example = "tx_id"},
                 [&](const Written& mine, OptionVisitor& inside) {
                   Written theirs;
                   inside("label", theirs, {.doc = "the label's field, when its name differs"});
                   if (!option.reading()) return;
                   if (++matches > 1) return option.fail("match", "one field names a row");
                   match_row = mine;
                   match_label = theirs.text.empty() ? mine : theirs;
                 });
  option("wait", wait,
         {.doc = "how long a row waits for its label, in event time",
          .min = 1,
          .required = true,
          .example = "7d"});
  option("field", field, {.doc = "the label's field (default: the target's name)"});
  option("early", early, {.doc = "how long a label waits for its row", .min = 0});
  option("heard", heard,
         {.doc = "waits end only up to where the labels' source is heard, which a silence longer "
                 "than this limits; `off`: by the watermark alone (default: a tenth of `wait`, at "
                 "least 1h)",
          .min = 1,
          .example = "6h"});
  option("present", present,
         {.doc = "the label of a row for which a label record arrives, whatever it holds"});
  option("absent", absent, {.doc = "the label of a row whose wait ends without one"});
  option("rows", rows,
         {.doc = "which row of one id a label belongs to", .choices = "first|last|all"});
  option("late", late,
         {.doc = "what a label after the wait does; `learn` keeps rows for one more wait",
          .choices = "ignore|learn"});
  option("max_waiting", max_waiting,
         {.doc = "most rows that wait; the oldest leave unlearned", .min = 1, .max = 1e9});
  option("max_per_id", max_per_id,
         {.doc = "with `rows: all`: most rows of one id that wait; each row or label visits them",
          .min = 1,
          .max = 1e6});
  if (option.reading() && rows != LabelJoin::Rows::all && max_per_id != LabelsOptions().max_per_id)
    option.fail("max_per_id", "is for `rows: all`: otherwise one row per id waits");
}

std::optional<std::int64_t> LabelsOptions::longest_silence() const {
  constexpr std::int64_t kLeast = 3'600'000;
  if (!heard) return std::max(wait.ms / 10, kLeast);
  return heard->off ? std::nullopt : std::optional(heard->ms);
}

LabelJoin::Options LabelsOptions::join() const {
  return {.wait_ms = wait.ms,
          .early_ms = early.ms,
          .rows = rows,
          .learn_late = late == Late::learn,
          .max_waiting = max_waiting,
          .max_per_id = max_per_id};
}

}  // namespace weir
