#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

enum class Type : std::uint8_t { number, boolean, text, time };

/// The type's name as the pipeline language writes it.
std::string_view type_name(Type type);
std::optional<Type> type_of_name(std::string_view name);

struct Field {
  std::string name;
  Type type = Type::number;

  bool operator==(const Field&) const = default;
};

/// The fields of a stream, in order; names are unique.
struct Schema {
  std::vector<Field> fields;

  std::optional<std::size_t> find(std::string_view name) const;
  std::size_t size() const { return fields.size(); }
  bool operator==(const Schema&) const = default;
};

/// Whether two names are the same but for the case of their letters and blanks at their ends.
bool same_name(std::string_view a, std::string_view b);

/// The name in `names` that a person most likely meant by `name`, or empty: one that differs in the
/// case of letters or in blanks around it, else the nearest without them (edit distance with
/// transpositions, at most a third of its length).
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> names);

}  // namespace weir
