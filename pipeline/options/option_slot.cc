#include "pipeline/options/option_slot.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "pipeline/core/schema.h"
#include "pipeline/options/option_tree.h"
#include "pipeline/options/option_values.h"
#include "pipeline/yaml/substitution.h"

namespace weir {
namespace {

constexpr std::size_t kFewNames = 12;

/// What is wrong with `value` by the rule's range; `format` writes a bound.
template <class Format>
std::string out_of_range(double value, const Rule& rule, const YamlNode& node,
                         const Format& format) {
  if (value >= rule.min && value <= rule.max) return {};
  const bool below = std::isfinite(rule.min), above = std::isfinite(rule.max);
  if (below && above)
    return fmt::format("must be between {} and {}, not {}", format(rule.min), format(rule.max),
                       shown(node));
  return below ? fmt::format("must be at least {}, not {}", format(rule.min), shown(node))
               : fmt::format("must be at most {}, not {}", format(rule.max), shown(node));
}

std::string format_ms(double ms) { return format_duration({static_cast<std::int64_t>(ms)}); }

bool quoted_number(const YamlNode& node) {
  if (!node.scalar() || node.plain) return false;
  YamlNode plain = node;
  plain.plain = true;
  return std::holds_alternative<double>(typed_scalar(plain));
}

std::string not_a(std::string_view wanted, const YamlNode& node) {
  if (quoted_number(node))
    return fmt::format("must be {}, not the text {}: remove the quotes", wanted, shown(node));
  return fmt::format("must be {}, not {}", wanted, shown(node));
}

std::string not_a_word(const YamlNode& node, const Rule& rule) {
  const std::vector<std::string_view> words = split_words(rule.choices);
  if (words.empty() || std::find(words.begin(), words.end(), node.text) != words.end()) return {};
  const std::string_view nearest = nearest_name(node.text, words);
  std::string text = fmt::format("must be {}{}, not {}", words.size() > 1 ? "one of " : "",
                                 fmt::join(words, ", "), shown(node));
  if (!nearest.empty()) text += fmt::format("; did you mean `{}`?", nearest);
  return text;
}

struct Reader {
  const YamlNode& node;
  const Rule& rule;

  std::optional<double> number() const {
    if (!node.scalar()) return std::nullopt;
    const auto value = typed_scalar(node);
    const double* number = std::get_if<double>(&value);
    return number ? std::optional(*number) : std::nullopt;
  }

  std::string operator()(double* slot) const {
    const std::optional<double> value = number();
    if (!value) return not_a("a number", node);
    if (!std::isfinite(*value)) return not_a("a finite number", node);
    std::string wrong = out_of_range(*value, rule, node, format_number);
    if (wrong.empty()) *slot = *value;
    return wrong;
  }

  std::string operator()(std::size_t* slot) const {
    const std::optional<double> value = number();
    if (!value && node.scalar() && parse_duration(node.text))
      return fmt::format("must be a whole number, not the duration {}", shown(node));
    if (!value || std::floor(*value) != *value) return not_a("a whole number", node);
    Rule whole = rule;
    whole.min = std::max(rule.min, 0.0);
    if (std::isfinite(rule.max) || *value > kLargestCount)
      whole.max = std::min(rule.max, kLargestCount);
    std::string wrong = out_of_range(*value, whole, node, format_number);
    if (wrong.empty()) *slot = static_cast<std::size_t>(*value);
    return wrong;
  }

  std::string operator()(bool* slot) const {
    if (!node.scalar()) return not_a("true or false", node);
    const auto value = typed_scalar(node);
    if (!std::holds_alternative<bool>(value)) return not_a("true or false", node);
    *slot = std::get<bool>(value);
    return {};
  }

  std::string operator()(std::string* slot) const {
    if (!node.scalar() || node.null()) return not_a("a text", node);
    std::string wrong = not_a_word(node, rule);
    if (wrong.empty()) *slot = node.text;
    return wrong;
  }

  std::string operator()(Duration* slot) const {
    if (!node.scalar()) return not_a("a duration such as 30s", node);
    const std::optional<double> plain = number();
    const std::optional<Duration> value = plain == 0.0 ? Duration{0} : parse_duration(node.text);
    if (!value && plain)
      return fmt::format("is a duration and needs a unit, as in {}s (ms, s, m, h, d)", node.text);
    if (!value) return not_a("a duration such as 250ms, 30s, 5m, 1h or 7d", node);
    std::string wrong = out_of_range(static_cast<double>(value->ms), rule, node, format_ms);
    if (wrong.empty()) *slot = *value;
    return wrong;
  }

  std::string operator()(Extent* slot) const {
    const bool all = takes_all(split_words(rule.choices));
    const std::string_view wanted = all ? "a number of rows (1000), a duration (1h) or all"
                                        : "a number of rows (1000) or a duration (1h)";
    if (!node.scalar()) return not_a(wanted, node);
    if (all && node.text == "all") {
      *slot = {Extent::Unit::all, 0};
      return {};
    }
    if (const std::optional<Duration> time = parse_duration(node.text)) {
      Rule of_time = rule;
      of_time.max = std::numeric_limits<double>::infinity();
      std::string wrong = out_of_range(static_cast<double>(time->ms), of_time, node, format_ms);
      if (wrong.empty()) *slot = {Extent::Unit::time, time->ms};
      return wrong;
    }
    std::size_t rows = 0;
    if (!number()) return not_a(wanted, node);
    std::string wrong = (*this)(&rows);
    if (wrong.empty()) *slot = {Extent::Unit::rows, static_cast<std::int64_t>(rows)};
    return wrong;
  }

  std::string operator()(DurationOrOff* slot) const {
    if (node.scalar() && node.text == "off") {
      *slot = {.off = true};
      return {};
    }
    Duration time;
    if (!node.scalar() || number() == 0.0 || (!number() && !parse_duration(node.text)))
      return not_a("a duration such as 250ms, 30s, 5m, 1h or 7d, or off", node);
    std::string wrong = (*this)(&time);
    if (wrong.empty()) *slot = {.ms = time.ms};
    return wrong;
  }

  std::string operator()(Literal* slot) const {
    if (!node.scalar()) return not_a("a single value", node);
    Literal literal{typed_scalar(node), node.place};
    const double* number = std::get_if<double>(&literal.value);
    if (number && !std::isfinite(*number)) return not_a("a finite number", node);
    const std::vector<std::string_view> words = split_words(rule.choices);
    if (!words.empty() && number) {
      if (std::string wrong = out_of_range(*number, rule, node, format_number); !wrong.empty())
        return wrong;
    } else if (!words.empty() && std::find(words.begin(), words.end(), node.text) == words.end()) {
      return not_a(fmt::format("a number or {}", fmt::join(words, " or ")), node);
    }
    *slot = std::move(literal);
    return {};
  }

  std::string operator()(Written* slot) const {
    if (!node.scalar() || node.null()) return not_a("a single value", node);
    std::string wrong = not_a_word(node, rule);
    if (wrong.empty()) *slot = {node.text, node.place};
    return wrong;
  }

  std::string operator()(std::vector<Written>* slot) const {
    if (node.map() || node.null()) return not_a("a list of single values", node);
    std::vector<Written> out;
    const std::span<const YamlNode> items =
        node.list() ? std::span(node.items) : std::span(&node, 1);
    for (const YamlNode& item : items) {
      if (!item.scalar() || item.null())
        return fmt::format("must be a list of single values, but holds {}", shown(item));
      if (std::string wrong = not_a_word(item, rule); !wrong.empty()) return wrong;
      out.push_back({item.text, item.place});
    }
    *slot = std::move(out);
    return {};
  }

  std::string operator()(RecordPath* slot) const {
    static constexpr std::string_view kWanted = "a name or a list of names and indices";
    RecordPath path;
    if (node.scalar() && !node.null() && !node.text.empty()) {
      path.dotted = node.text;
    } else if (node.list() && !node.items.empty()) {
      for (const YamlNode& item : node.items) {
        if (!item.scalar() || item.null())
          return fmt::format("must be {}, but holds {}", kWanted, shown(item));
        const auto value = typed_scalar(item);
        const double* const number = std::get_if<double>(&value);
        if (number == nullptr) {
          path.steps.push_back({item.text, std::nullopt});
          continue;
        }
        if (std::floor(*number) != *number || *number < 0 || *number > kMaxIndex)
          return fmt::format("holds {}, which is no index: a whole number from 0 to {}",
                             shown(item), kMaxIndex);
        path.steps.push_back({"", static_cast<std::size_t>(*number)});
      }
    } else {
      return not_a(kWanted, node);
    }
    *slot = std::move(path);
    return {};
  }
};

Json number_json(double value) {
  if (std::floor(value) == value && std::abs(value) < 1e15) return static_cast<std::int64_t>(value);
  return value;
}

struct Printer {
  Json operator()(const double* value) const { return number_json(*value); }
  Json operator()(const std::size_t* value) const { return *value; }
  Json operator()(const bool* value) const { return *value; }
  Json operator()(const std::string* value) const { return unsubstituted(*value); }
  Json operator()(const Duration* value) const { return format_duration(*value); }
  Json operator()(const Extent* value) const {
    if (value->unit == Extent::Unit::rows) return value->value;
    return format_extent(*value);
  }
  Json operator()(const DurationOrOff* value) const {
    return value->off ? "off" : format_duration({value->ms});
  }
  Json operator()(const Literal* value) const {
    if (const bool* boolean = std::get_if<bool>(&value->value)) return *boolean;
    if (const double* number = std::get_if<double>(&value->value)) return number_json(*number);
    if (const std::string* text = std::get_if<std::string>(&value->value))
      return unsubstituted(*text);
    return nullptr;
  }
  Json operator()(const Written* value) const { return unsubstituted(value->text); }
  Json operator()(const std::vector<Written>* values) const {
    Json list = Json::array();
    for (const Written& value : *values) list.push_back(unsubstituted(value.text));
    return list;
  }
  Json operator()(const RecordPath* value) const {
    if (value->steps.empty()) return unsubstituted(value->dotted);
    Json list = Json::array();
    for (const PathStep& step : value->steps)
      list.push_back(step.index ? Json(*step.index) : Json(unsubstituted(step.name)));
    return list;
  }
};

}  // namespace

std::string read_slot(const YamlNode& node, OptionVisitor::Slot slot, const Rule& rule) {
  return std::visit(Reader{node, rule}, slot);
}

Json slot_json(OptionVisitor::Slot slot) {
  return std::visit([](auto* value) { return Printer{}(value); }, slot);
}

std::string not_available(std::string_view name) {
  return fmt::format("`{}` is not available yet", name);
}

std::string suggestion(std::string_view name, std::vector<std::string_view> names) {
  const std::string_view nearest = nearest_name(name, names);
  if (!nearest.empty()) return fmt::format("; did you mean `{}`?", nearest);
  if (names.empty() || names.size() > kFewNames) return {};
  return fmt::format("; known: {}", fmt::join(names, ", "));
}

}  // namespace weir
