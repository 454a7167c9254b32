#include "pipeline/core/schema.h"

#include <algorithm>
#include <array>

#include "pipeline/core/lower_case.h"

namespace weir {
namespace {

constexpr std::array<std::string_view, 4> kTypeNames = {"number", "boolean", "text", "time"};

// Optimal string alignment: insert, delete, replace, swap neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

/// In lower case and without the blanks around it.
std::string folded(std::string_view name) {
  const std::size_t first = name.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return lower_case(name.substr(first, name.find_last_not_of(" \t") + 1 - first));
}

}  // namespace

std::string_view type_name(Type type) { return kTypeNames[static_cast<std::size_t>(type)]; }

std::optional<Type> type_of_name(std::string_view name) {
  const auto at = std::find(kTypeNames.begin(), kTypeNames.end(), name);
  if (at == kTypeNames.end()) return std::nullopt;
  return static_cast<Type>(at - kTypeNames.begin());
}

std::optional<std::size_t> Schema::find(std::string_view name) const {
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (fields[i].name == name) return i;
  return std::nullopt;
}

bool same_name(std::string_view a, std::string_view b) { return folded(a) == folded(b); }

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> names) {
  const std::string wanted = folded(name);
  std::size_t best = std::max<std::size_t>(1, wanted.size() / 3) + 1;
  std::string_view nearest;
  for (std::string_view candidate : names) {
    if (candidate == name) continue;
    // In a very short name every letter counts, its case too: `US` is not `ts`.
    const bool alike = wanted == folded(candidate);
    const std::size_t distance = alike               ? 0
                                 : wanted.size() < 3 ? edit_distance(name, candidate)
                                                     : edit_distance(wanted, folded(candidate));
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace weir
