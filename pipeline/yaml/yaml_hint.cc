#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/yaml/yaml.h"

namespace weir {
namespace {

constexpr std::string_view kCutExpression =
    "a comma inside { } or [ ] ends a value: put the expression in quotes or on its own line";

std::string_view line_of(std::string_view text, std::uint32_t line) {
  for (std::uint32_t at = 1; at < line; ++at)
    text.remove_prefix(std::min(text.size(), text.find('\n') + 1));
  return text.substr(0, text.find('\n'));
}

// Brackets left open: > 0; closed without being opened: < 0.
int balance(std::string_view text) {
  return static_cast<int>(std::count(text.begin(), text.end(), '(')) -
         static_cast<int>(std::count(text.begin(), text.end(), ')'));
}

bool cut(const YamlNode& node) { return node.scalar() && node.plain && balance(node.text) > 0; }

/// Takes the pieces after `first` that belong to it: `count` of them, told by `piece`.
template <class Piece>
std::size_t mend(YamlNode& first, std::size_t count, const Piece& piece, Problems& problems) {
  std::string whole = first.text;
  for (std::size_t used = 0; used < count; ++used) {
    whole += ", " + piece(used);
    if (balance(whole) > 0) continue;
    problems.error(first.place, fmt::format("{}: `{}`", kCutExpression, whole));
    first.text = std::move(whole);
    return used + 1;
  }
  return 0;
}

void mend_map(YamlNode& map, Problems& problems) {
  auto& entries = map.entries;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!cut(entries[i].value)) continue;
    const auto piece = [&](std::size_t n) {
      const YamlEntry& next = entries[i + 1 + n];
      return next.value.null() ? next.key.text : next.key.text + ": " + next.value.text;
    };
    const std::size_t used = mend(entries[i].value, entries.size() - i - 1, piece, problems);
    const auto from = entries.begin() + static_cast<std::ptrdiff_t>(i) + 1;
    entries.erase(from, from + static_cast<std::ptrdiff_t>(used));
  }
}

void mend_list(YamlNode& list, Problems& problems) {
  auto& items = list.items;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!cut(items[i])) continue;
    const auto piece = [&](std::size_t n) { return items[i + 1 + n].text; };
    const std::size_t used = mend(items[i], items.size() - i - 1, piece, problems);
    const auto from = items.begin() + static_cast<std::ptrdiff_t>(i) + 1;
    items.erase(from, from + static_cast<std::ptrdiff_t>(used));
  }
}

}  // namespace

std::string yaml_hint(std::string_view text, Place place, std::string_view message) {
  const std::string_view line = line_of(text, place.line);
  const std::size_t at = place.column > 0 ? place.column - 1 : 0;
  const std::string_view before = line.substr(0, std::min(at, line.size()));
  const auto says = [&](std::string_view part) {
    return message.find(part) != std::string_view::npos;
  };
  if (says("invalid alias"))
    return "`*` alone has no meaning here: for all fields write { all: true }; a text that "
           "begins with `*` needs quotes";
  if (says("trailing content after") && says("quoted"))
    return "a value that begins with a quote ends with it: put the whole expression in quotes of "
           "the other kind, as in '\"eu\" + country'";
  if (says("cannot start with"))
    return fmt::format("a value cannot begin with {}: put the whole value in quotes",
                       message.substr(message.find('\'')));
  if (says("missing comma in flow") &&
      (before.ends_with('$') || line.substr(before.size()).starts_with("${")))
    return "inside { } or [ ] a value with ${...} needs quotes: \"${NAME:-default}\"";
  if (says("missing comma in flow") && balance(before) > 0) return std::string(kCutExpression);
  if (says("missing comma in flow") || says("without a closing"))
    return "a comma or a closing bracket is missing before this";
  if (says("wrongly indented") && says("quoted"))
    return "this quote is not closed, or its text continues with too little indentation";
  if (says("tab character")) return "indent with spaces: YAML does not allow tabs";
  if (says("nested block mapping on the same line"))
    return "a value that contains `: ` needs quotes";
  if (says("multiline plain key"))
    return "this key already has a value, but the next line is indented deeper";
  return fmt::format("YAML: {}", message);
}

void mend_cut_expressions(YamlNode& node, Problems& problems) {
  if (node.map() && node.flow) mend_map(node, problems);
  if (node.list() && node.flow) mend_list(node, problems);
  for (YamlNode& item : node.items) mend_cut_expressions(item, problems);
  for (YamlEntry& entry : node.entries) mend_cut_expressions(entry.value, problems);
}

}  // namespace weir
