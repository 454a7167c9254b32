#include "models/columns.h"

#include <algorithm>
#include <iterator>

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
                                          std::span<const FeatureKind> kinds,
                                          std::vector<ModelSpec::Mistake>& mistakes) {
  const auto wanted = [&](FeatureKind kind) { return std::ranges::count(kinds, kind) > 0; };
  std::vector<FeatureColumn> chosen;
  if (fields.empty()) {
    std::ranges::copy_if(columns.named, std::back_inserter(chosen), wanted, &FeatureColumn::kind);
    return chosen;
  }
  const bool texts = wanted(FeatureKind::text);
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

void mark_scaled(Columns& columns, const std::vector<FeatureColumn>& chosen) {
  for (const FeatureColumn& one : chosen)
    std::ranges::find(columns.named, one.name, &FeatureColumn::name)->scaled = true;
}

std::string name_list(const std::vector<FeatureColumn>& columns) {
  constexpr std::size_t kNamed = 5;
  std::string names;
  for (std::size_t i = 0; i < std::min(columns.size(), kNamed); ++i)
    names += (i == 0 ? "`" : ", `") + columns[i].name + "`";
  if (columns.size() > kNamed) names += " and " + std::to_string(columns.size() - kNamed) + " more";
  return names;
}

std::vector<std::size_t> indexes(const std::vector<FeatureColumn>& columns) {
  std::vector<std::size_t> all;
  for (const FeatureColumn& column : columns) all.push_back(column.index);
  return all;
}

}  // namespace weir
