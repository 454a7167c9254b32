#include "pipeline/yaml/problems.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <utility>

namespace weir {
namespace {

// Lines from here on are no lines of the file but numbers of arguments.
constexpr std::uint32_t kArguments = 0x8000'0000;
constexpr std::size_t kShownWidth = 120;  // of a source line, in characters
constexpr std::size_t kShownBefore = 80;  // of them, at most so many before the caret

constexpr std::string_view kNothingShown = "***";
constexpr std::array<std::string_view, 6> kSecretParts = {
    "password", "secret", "jaas", "key.pem", "token", "oauthbearer.config"};

bool word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

std::string_view line_of(std::string_view text, std::uint32_t line) {
  for (std::uint32_t at = 1; at < line; ++at) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

bool name_character(char c) { return word_character(c) || c == '.' || c == '-'; }

/// Where the value of a secret property begins in a line (`sasl.password: `), or npos; `any`: of
/// any property. A name without a dot is none: a field may well be called `token`.
std::size_t secret_value(std::string_view line, bool any) {
  for (std::size_t at = line.find_first_of(":="); at != std::string_view::npos;
       at = line.find_first_of(":=", at + 1)) {
    std::string_view name = line.substr(0, at);
    while (!name.empty() && !name_character(name.back())) name.remove_suffix(1);
    std::size_t first = name.size();
    while (first > 0 && name_character(name[first - 1])) --first;
    name.remove_prefix(first);
    if (name.find('.') != std::string_view::npos && (any || is_secret(name))) return at + 1;
  }
  return std::string_view::npos;
}

std::size_t indentation(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

/// Whether a line goes on with the value of a secret property that an earlier one begins.
bool inside_secret(std::string_view text, std::uint32_t line, bool any) {
  std::size_t begun = std::string_view::npos;  // the indentation of the line that begins it
  for (std::uint32_t at = 1; at <= line; ++at) {
    const std::string_view here = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), here.size() + 1));
    const std::size_t indented = indentation(here);
    if (indented == here.size() || indented > begun) continue;
    const bool begins = at < line && secret_value(here, any) != std::string_view::npos;
    begun = begins ? indented : std::string_view::npos;
  }
  return begun != std::string_view::npos;
}

// The characters of UTF-8: a caret must stand under the one meant.
std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    std::size_t size = 1;
    while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) ++size;
    out.push_back(text[0] == '\t' ? std::string_view(" ") : text.substr(0, size));
    text.remove_prefix(size);
  }
  return out;
}

std::string join(const std::vector<std::string_view>& parts, std::size_t from, std::size_t to) {
  std::string out;
  for (std::size_t i = from; i < to; ++i) out += parts[i];
  return out;
}

}  // namespace

bool is_secret(std::string_view property) {
  return std::any_of(kSecretParts.begin(), kSecretParts.end(), [&](std::string_view part) {
    return property.find(part) != std::string_view::npos;
  });
}

Problems::Problems(std::string file, std::string text)
    : file_(std::move(file)), text_(std::move(text)) {}

void Problems::add(Place place, bool error, std::string message) {
  for (const Problem& known : problems_)
    if (known.place.line == place.line && known.place.column == place.column &&
        known.error == error && known.message == message)
      return;
  problems_.push_back({place, error, std::move(message)});
  errors_ += error;
}

void Problems::error(Place place, std::string message) { add(place, true, std::move(message)); }

void Problems::warning(Place place, std::string message) { add(place, false, std::move(message)); }

Place Problems::argument(std::string text) {
  arguments_.push_back(std::move(text));
  return {kArguments + static_cast<std::uint32_t>(arguments_.size() - 1), 1};
}

void Problems::hide(std::string value, std::string written) {
  if (!value.empty() && value != written) hidden_.push_back({std::move(value), std::move(written)});
}

void Problems::cut(Place place) { cuts_.push_back(place); }

/// A line of the file, or an argument, as far as it may be printed.
std::string Problems::shown_line(std::uint32_t line) const {
  const bool argument = line >= kArguments;
  std::string_view text = argument ? arguments_[line - kArguments] : line_of(text_, line);
  std::size_t end = secret_value(text, properties_);
  if (!argument && line > 1 && inside_secret(text_, line, properties_)) end = indentation(text);
  for (const Place& cut : cuts_) {
    if (cut.line != line) continue;
    std::size_t at = text.find('=') + 1;
    if (!argument) {
      const std::vector<std::string_view> all = characters(text);
      at = join(all, 0, std::min<std::size_t>(cut.column - 1, all.size())).size();
    }
    end = std::min(end, at);
  }
  if (end >= text.size()) return masked(std::string(text));
  return masked(std::string(text.substr(0, end))) + (text[end] == ' ' ? " " : "") +
         std::string(kNothingShown);
}

std::string Problems::masked(std::string text) const {
  for (const Hidden& hidden : hidden_) {
    // A short value may also be a word of ours ("true"): there only in quotes.
    const bool quoted = hidden.value.size() < 8;
    for (std::size_t at = 0; (at = text.find(hidden.value, at)) != std::string::npos;) {
      const std::size_t end = at + hidden.value.size();
      const char before = at == 0 ? ' ' : text[at - 1];
      const char after = end == text.size() ? ' ' : text[end];
      const bool whole = quoted
                             ? before == after && (before == '`' || before == '\'' || before == '"')
                             : !word_character(before) && !word_character(after);
      if (whole) text.replace(at, hidden.value.size(), hidden.written);
      at += whole ? hidden.written.size() : 1;
    }
  }
  return text;
}

void Problems::render(const Problem& problem, std::string& out) const {
  const char* kind = problem.error ? "error" : "warning";
  const std::string message = masked(problem.message);
  const Place place = problem.place;
  if (place.line >= kArguments) {
    out += fmt::format("{}: {}: {}\n", shown_line(place.line), kind, message);
    return;
  }
  if (place.line == 0) {
    out += fmt::format("{}: {}: {}\n", file_, kind, message);
    return;
  }
  out += fmt::format("{}:{}:{}: {}: {}\n", file_, place.line, place.column, kind, message);
  const std::string line = shown_line(place.line);
  const std::vector<std::string_view> shown = characters(line);
  const std::size_t caret =
      std::min<std::size_t>(place.column > 0 ? place.column - 1 : 0, shown.size());
  const std::size_t from = shown.size() <= kShownWidth || caret <= kShownBefore
                               ? 0
                               : std::min(caret - kShownBefore, shown.size() - kShownWidth);
  const std::size_t to = std::min(shown.size(), from + kShownWidth);
  out += fmt::format("{:>5} | {}{}{}\n", place.line, from > 0 ? "..." : "", join(shown, from, to),
                     to < shown.size() ? "..." : "");
  out += fmt::format("      | {:>{}}\n", "^", caret - from + 1 + (from > 0 ? 3 : 0));
}

std::string Problems::render() const {
  std::vector<const Problem*> order;
  std::transform(problems_.begin(), problems_.end(), std::back_inserter(order),
                 [](const Problem& problem) { return &problem; });
  std::stable_sort(order.begin(), order.end(), [](const Problem* a, const Problem* b) {
    return std::pair(a->place.line, a->place.column) < std::pair(b->place.line, b->place.column);
  });
  std::string out;
  for (const Problem* problem : order) render(*problem, out);
  return out;
}

}  // namespace weir
