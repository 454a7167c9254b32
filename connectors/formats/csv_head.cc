#include "connectors/formats/csv_head.h"

#include <algorithm>
#include <cstddef>

#include "connectors/formats/complaint.h"
#include "connectors/formats/csv.h"
#include "pipeline/core/arena.h"
#include "pipeline/core/schema.h"

namespace weir {
namespace {

/// How many of the wanted columns the line has, case and blanks aside, with this separator.
std::size_t count_found(std::string_view line, RowForm form, char separator,
                        std::span<const std::string_view> wanted) {
  form.separator = separator;
  const auto names = csv_names(line, form);
  if (!names) return 0;
  const auto has = [&](std::string_view one) {
    return std::any_of(names->begin(), names->end(),
                       [&](const std::string& name) { return same_name(name, one); });
  };
  return static_cast<std::size_t>(std::count_if(wanted.begin(), wanted.end(), has));
}

std::string shown_line(std::string_view line) {
  std::string text;
  for (char c : line) {
    if (c == '\n') text += "\\n";
    else if (c == '\r') text += "\\r";
    else if (c == '\t') text += "\\t";
    else text += c;
  }
  std::string out;
  append_shown(out, text);
  return out;
}

}  // namespace

std::optional<std::vector<std::string>> csv_names(std::string_view line, const RowForm& form) {
  Arena arena;
  std::vector<std::string> names;
  for (bool last = false; !last;) {
    const auto cell = take_csv_cell(line, arena, form);
    if (!cell) return std::nullopt;
    names.emplace_back(cell->text);
    last = cell->last;
  }
  return names;
}

std::string about_head(std::string_view line, const RowForm& form,
                       std::span<const std::string_view> wanted) {
  std::string text = line.empty() ? std::string("; the first line is empty")
                                  : "; the first line is: `" + shown_line(line) + "`";
  std::size_t most = count_found(line, form, form.separator, wanted);
  char best = form.separator;
  for (char separator : {',', ';', '\t', '|'}) {
    const std::size_t found = count_found(line, form, separator, wanted);
    if (found <= most) continue;
    most = found;
    best = separator;
  }
  if (best == form.separator) return text;
  const std::string name = best == '\t' ? "\\t" : std::string(1, best);
  return text + "; its cells look separated by `" + name +
         "`: `format: { csv: { separator: \"" + name + "\" } }` reads them";
}

}  // namespace weir
