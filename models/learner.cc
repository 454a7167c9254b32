#include "models/learner.h"

#include <algorithm>
#include <iterator>

namespace weir {

std::vector<std::string> unread(const Reads& reads, const Columns& columns) {
  std::vector<std::string> messages;
  const std::string encoders = reads.indicators ? "one_hot or ordinal" : "ordinal";
  for (const FeatureColumn& column : columns.named)
    if (column.kind == FeatureKind::text && !reads.texts)
      messages.push_back("`" + column.name + "` is a text: put " + encoders +
                         " before the learner");
  if (columns.indicators > 0 && !reads.indicators)
    messages.push_back(reads.texts
                           ? "reads no indicator columns but texts itself: leave one_hot out"
                           : "reads no indicator columns: put ordinal in the place of one_hot");
  return messages;
}

std::string unscaled(const Reads& reads, const Columns& columns) {
  if (!reads.scaled) return {};
  std::vector<FeatureColumn> plain;
  std::ranges::copy_if(columns.named, std::back_inserter(plain), [](const FeatureColumn& column) {
    return column.kind == FeatureKind::number && !column.scaled;
  });
  if (plain.empty()) return {};
  return "nothing scales " + name_list(plain) +
         ", and gradient descent is slow or diverges on numbers that are large or differ in size: "
         "put the step `- standard_scaler` before it";
}

}  // namespace weir
