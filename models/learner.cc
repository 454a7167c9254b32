#include "models/learner.h"

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

}  // namespace weir
