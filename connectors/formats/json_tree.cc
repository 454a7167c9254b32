#include "connectors/formats/json_tree.h"

#include <algorithm>

namespace weir {

JsonTree::Entry& JsonTree::child(const PathStep& step) {
  if (!step.index) {
    if (Entry* const known = find(step.name)) return *known;
    members.push_back(std::make_unique<Entry>());
    Entry& made = *members.back();
    made.name = step.name;
    by_name[made.name] = &made;
    return made;
  }
  const auto place = std::lower_bound(
      elements.begin(), elements.end(), *step.index,
      [](const std::unique_ptr<Entry>& one, std::size_t index) { return one->index < index; });
  if (place != elements.end() && (*place)->index == *step.index) return **place;
  Entry& made = **elements.insert(place, std::make_unique<Entry>());
  made.index = *step.index;
  return made;
}

JsonTree::Entry& JsonTree::at(std::span<const PathStep> path) {
  JsonTree* tree = this;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) tree = &tree->inside(path.subspan(i, 1));
  return tree->child(path.back());
}

JsonTree& JsonTree::inside(std::span<const PathStep> path) {
  Entry& entry = at(path);
  if (!entry.inside) entry.inside = std::make_unique<JsonTree>();
  return *entry.inside;
}

void JsonTree::remember(std::size_t position, std::string_view raw, Entry* entry) {
  constexpr std::size_t kRemembered = 256;   // names of one object, or twice those that are read
  constexpr std::size_t kLongestName = 256;  // both bound the memory
  if (raw.size() > kLongestName) return;
  if (position == order.size() && position < std::max(kRemembered, 2 * members.size()))
    order.push_back({std::string(raw), entry});
  if (position >= order.size()) return;
  order[position].raw.assign(raw);  // keeps its memory
  order[position].entry = entry;
}

std::vector<PathStep> steps_of(const FieldSpec& field) {
  if (!field.steps.empty()) return field.steps;
  std::vector<PathStep> steps;
  for (std::string_view rest = field.path;;) {
    const std::size_t dot = rest.find('.');
    steps.push_back({std::string(rest.substr(0, dot)), std::nullopt});
    if (dot == std::string_view::npos) return steps;
    rest.remove_prefix(dot + 1);
  }
}

}  // namespace weir
