#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/core/record.h"

namespace weir {

/// What somebody reads inside of one object or array, as a tree along the paths.
struct JsonTree {
  enum class Role : std::uint8_t { plain, image, operation };  // the last two of an envelope

  struct Entry {
    std::string name;       // of a member,
    std::size_t index = 0;  // or of an element
    std::vector<std::size_t> fields;   // those that read the value itself
    std::unique_ptr<JsonTree> inside;  // those that read inside of it
    Role role = Role::plain;
    std::uint64_t seen = 0;  // number of the last record that had it
  };
  using Entries = std::vector<std::unique_ptr<Entry>>;

  /// What stood at this position in the record before: records mostly repeat their order.
  struct Guess {
    std::string raw;  // the name as it stands between its quotes
    Entry* entry;     // nullptr: nobody reads it
  };

  Entries members;   // of an object, by name
  Entries elements;  // of an array, by index: ascending
  std::unordered_map<std::string_view, Entry*> by_name;
  std::vector<Guess> order;

  /// The member of this name, or nullptr.
  Entry* find(std::string_view name) const {
    const auto found = by_name.find(name);
    return found == by_name.end() ? nullptr : found->second;
  }

  /// The entry at the end of the path, made where there is none.
  Entry& at(std::span<const PathStep> path);
  /// What is read inside of the entry of that path.
  JsonTree& inside(std::span<const PathStep> path);

  /// Notes what stood at this position.
  void remember(std::size_t position, std::string_view raw, Entry* entry);

 private:
  Entry& child(const PathStep& step);
};

/// The steps of a field's path: as listed, or with each dot going into an object.
std::vector<PathStep> steps_of(const FieldSpec& field);

}  // namespace weir
