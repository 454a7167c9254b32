#include <algorithm>

#include "models/transformer.h"

namespace weir {
namespace {

std::string names(const Columns& columns) {
  std::string all;
  for (const Column& column : columns.named) all += (all.empty() ? "" : ", ") + column.name;
  return all.empty() ? "none are left" : all;
}

}  // namespace

std::vector<Column> select_columns(const Columns& columns, const std::vector<Written>& fields,
                                   std::span<const FeatureKind> standard, bool texts,
                                   TransformerSpec::Mistakes& mistakes) {
  std::vector<Column> chosen;
  if (fields.empty()) {
    for (const Column& column : columns.named)
      if (std::ranges::count(standard, column.kind) > 0) chosen.push_back(column);
    return chosen;
  }
  for (const Written& field : fields) {
    const auto found = std::ranges::find(columns.named, field.text, &Column::name);
    if (found == columns.named.end()) {
      mistakes.push_back("no column is named " + field.text + " here (" + names(columns) + ")");
    } else if ((found->kind == FeatureKind::text) != texts) {
      mistakes.push_back(field.text + (texts ? " is not a text" : " is a text"));
    } else if (std::ranges::count(chosen, field.text, &Column::name) > 0) {
      mistakes.push_back(field.text + " is named twice");
    } else {
      chosen.push_back(*found);
    }
  }
  return chosen;
}

}  // namespace weir
