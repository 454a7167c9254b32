#include <algorithm>

#include "models/transformer.h"
#include "pipeline/core/schema.h"

namespace weir {
namespace {

std::string unknown(const std::string& name, const Columns& columns) {
  std::vector<std::string_view> names;
  for (const FeatureColumn& column : columns.named) names.push_back(column.name);
  const std::string_view nearest = nearest_name(name, names);
  std::string message = "no column is named `" + name + "` here";
  if (!nearest.empty()) message += "; did you mean `" + std::string(nearest) + "`?";
  return message;
}

}  // namespace

std::vector<FeatureColumn> select_columns(const Columns& columns,
                                          const std::vector<Written>& fields,
                                          std::span<const FeatureKind> standard, bool texts,
                                          TransformerSpec::Mistakes& mistakes) {
  std::vector<FeatureColumn> chosen;
  if (fields.empty()) {
    for (const FeatureColumn& column : columns.named)
      if (std::ranges::count(standard, column.kind) > 0) chosen.push_back(column);
    return chosen;
  }
  for (const Written& field : fields) {
    const auto found = std::ranges::find(columns.named, field.text, &FeatureColumn::name);
    const std::string name = "`" + field.text + "`";
    if (found == columns.named.end()) {
      mistakes.push_back({field.place, unknown(field.text, columns)});
    } else if ((found->kind == FeatureKind::text) != texts) {
      mistakes.push_back({field.place, name + (texts ? " is not a text" : " is a text")});
    } else if (std::ranges::count(chosen, field.text, &FeatureColumn::name) > 0) {
      mistakes.push_back({field.place, name + " is named twice"});
    } else {
      chosen.push_back(*found);
    }
  }
  return chosen;
}

}  // namespace weir
