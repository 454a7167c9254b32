#include "pipeline/options/option_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "pipeline/core/json.h"
#include "pipeline/core/schema.h"
#include "pipeline/options/option_values.h"

namespace weir {
namespace {

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// A component as written: its name and, perhaps, what is inside.
struct Component {
  Written name;
  const YamlNode* options = nullptr;
};

/// Where, one level down, an option of this name exists; empty if nowhere.
std::string one_level_down(const OptionScope& scope, const std::string& name) {
  for (const auto& child : scope.children)
    if (has(child->names, name)) return child->what;
  if (!scope.described) return {};
  for (const OptionTree& option : scope.described())
    if (option.kind == OptionTree::Kind::block)
      for (const OptionTree& inside : option.options)
        if (inside.name == name) return "`" + option.name + "`";
  return {};
}

bool is_choice(std::string_view name, std::span<const Choice> choices) {
  return std::any_of(choices.begin(), choices.end(),
                     [&](const Choice& choice) { return choice.name == name; });
}

/// Whether a value gives each of some names a component of its own, and is not one component (nor
/// one that is only spelled wrong).
bool names_with_components(const YamlNode& node, std::span<const Choice> choices) {
  if (!node.map() || node.entries.empty()) return false;
  const YamlEntry& first = node.entries[0];
  if (is_choice(first.key.text, choices)) return false;
  const YamlNode& value = first.value;
  if (value.scalar() && is_choice(value.text, choices)) return true;
  if (value.map() && !value.entries.empty() && is_choice(value.entries[0].key.text, choices))
    return true;
  std::vector<std::string_view> names;
  for (const Choice& choice : choices) names.push_back(choice.name);
  return nearest_name(first.key.text, names).empty();
}

/// Whether a default could also be written: one that only says "none" is left out.
bool readable(const Json& value, OptionVisitor::Slot slot, const Rule& rule) {
  if (value.is_structured()) return true;
  YamlNode node;
  node.plain = !value.is_string();
  node.text = value.is_string() ? value.get<std::string>() : json_text(value);
  const bool empty = std::holds_alternative<Written*>(slot) && node.text.empty();
  return !empty && std::visit(
                       [&](auto* same) {
                         auto copy = *same;
                         return read_slot(node, &copy, rule);
                       },
                       slot)
                       .empty();
}

std::string unknown_key(const OptionScope& scope, const std::string& name) {
  const std::string head = fmt::format("unknown key `{}` in {}", name, scope.what);
  if (name == "<<") return head + "; YAML 1.2 has no merge keys";
  constexpr std::array<std::string_view, 3> kLevels = {"one level", "two levels", "three levels"};
  const OptionScope* above = scope.parent;
  for (std::size_t i = 0; above != nullptr && i < kLevels.size(); above = above->parent, ++i)
    if (has(above->names, name))
      return fmt::format("{}; it belongs {} up, in {}", head, kLevels[i], above->what);
  if (const std::string below = one_level_down(scope, name); !below.empty())
    return fmt::format("{}; it belongs one level down, in {}", head, below);
  return head + suggestion(name, {scope.names.begin(), scope.names.end()});
}

}  // namespace

OptionScope& OptionScope::child(std::string name) {
  children.push_back(std::make_unique<OptionScope>());
  children.back()->what = std::move(name);
  children.back()->parent = this;
  return *children.back();
}

bool any_unknown_key(const OptionScope& scope) {
  return !scope.unknown.empty() ||
         std::any_of(scope.children.begin(), scope.children.end(),
                     [](const auto& child) { return any_unknown_key(*child); });
}

void report_unknown_keys(const OptionScope& scope, Problems& problems) {
  for (const Written& key : scope.unknown) problems.error(key.place, unknown_key(scope, key.text));
  for (const auto& child : scope.children) report_unknown_keys(*child, problems);
}

const YamlNode* OptionReader::find(std::string_view name) {
  if (name.empty()) {
    own_value_ = true;
    return node_;
  }
  const bool main = scope_.names.empty();
  if (!has(scope_.names, name)) scope_.names.emplace_back(name);
  if (node_ == nullptr || node_->null()) return nullptr;
  if (node_->map()) return node_->find(name);
  return main ? node_ : nullptr;
}

const YamlNode* OptionReader::wanted(std::string_view name, const Rule& rule) {
  const YamlNode* node = find(name);
  if (node != nullptr && !rule.later.empty()) {
    problems_.error(node->place, not_available(name));
    return nullptr;
  }
  if (node == nullptr && rule.required)
    problems_.error(place_, fmt::format("{} needs `{}`", scope_.what, name));
  return node;
}

void OptionReader::wrong(std::string_view name, Place place, const std::string& message) {
  // A value alone stands for the main option, whose name is not in the file.
  const bool alone = node_ != nullptr && !node_->map();
  const std::string what = name.empty() || alone ? scope_.what : fmt::format("`{}`", name);
  problems_.error(place, what + " " + message);
}

void OptionReader::record(std::string_view name, Json value) {
  if (name.empty()) {
    resolved_ = std::move(value);
  } else {
    resolved_[std::string(name)] = std::move(value);
  }
}

bool OptionReader::scalar(std::string_view name, Slot slot, const Rule& rule, bool has_default) {
  const YamlNode* node = wanted(name, rule);
  bool written = node != nullptr;
  if (written) {
    const bool literal = std::holds_alternative<Literal*>(slot);
    if (node->null() && !literal) {
      wrong(name, node->place, "has no value");
      written = false;
    } else {
      written = read_value(name, *node, slot, rule);
    }
  }
  if (written && rule.secret && node->written.empty()) problems_.hide(node->text, "***");
  Json value = slot_json(slot);
  if (written || (has_default && rule.later.empty() && readable(value, slot, rule)))
    record(name, rule.secret && value != "" ? Json("***") : std::move(value));
  return written;
}

bool OptionReader::read_value(std::string_view name, const YamlNode& node, Slot slot,
                              const Rule& rule) {
  bool good = true;
  if (std::holds_alternative<std::vector<Written>*>(slot) && node.list()) {
    std::vector<Written> one;  // each item that is wrong is reported at its own place
    for (const YamlNode& item : node.items) {
      const std::string message = item.list() ? "must be a list of single values, but holds a list"
                                              : read_slot(item, &one, rule);
      if (!message.empty()) wrong(name, item.place, message);
      good &= message.empty();
    }
  }
  if (!good) return false;
  const std::string message = read_slot(node, slot, rule);
  if (!message.empty()) wrong(name, node.place, message);
  return message.empty();
}

bool OptionReader::block(std::string_view name, const Rule& rule, const Inside& inside) {
  const YamlNode* node = wanted(name, rule);
  if (node == nullptr) return false;
  if (node->null()) {
    wrong(name, node->place, "has nothing in it");
    return false;
  }
  OptionScope& scope = scope_.child(fmt::format("`{}`", name));
  OptionReader reader(node, node->place, scope, problems_);
  inside(reader);
  reader.finish();
  record(name, reader.resolved());
  return true;
}

bool OptionReader::name_alone(const YamlNode& node, OptionScope& scope, const Entry& entry) {
  if (!node.scalar() || node.null()) return false;
  Problems missing({}, {});
  OptionReader reader(nullptr, node.place, scope.child("an entry"), missing);
  entry({node.text, node.place}, reader);
  return !reader.own_value_ && !missing.any_error();
}

void OptionReader::entries(std::string_view name, const Rule& rule, const Entry& entry) {
  const YamlNode* node = wanted(name, rule);
  if (node == nullptr) return;

  OptionScope& outer = scope_.child(fmt::format("`{}`", name));
  if (!node->map()) {
    if (!name_alone(*node, outer, entry))
      return wrong(name, node->place,
                   rule.secret ? "must be a mapping from names"
                               : fmt::format("must be a mapping from names, not {}", shown(*node)));
    return record(name, Json{{node->text, Json::object()}});
  }
  Json all = Json::object();
  for (const YamlEntry& one : node->entries) {
    OptionScope& scope = outer.child(fmt::format("`{}`", one.key.text));
    OptionReader reader(&one.value, one.key.place, scope, problems_);
    entry(one.key, reader);
    reader.finish();
    all[one.key.text] = reader.resolved();
  }
  record(name, std::move(all));
}

Json OptionReader::read_component(std::string_view name, const YamlNode& node,
                                  std::span<const Choice> choices, const Entry& chosen) {
  Component component{{node.text, node.place}, nullptr};
  if (node.list() || node.null() || (node.map() && node.entries.empty())) {
    wrong(name, node.place,
          fmt::format("must be a name or {{ name: options }}, not {}",
                      node.map() ? "an empty mapping" : shown(node)));
    return nullptr;
  }
  if (node.map()) {
    component = {node.entries[0].key, &node.entries[0].value};
    if (node.entries.size() > 1) {
      const Written& second = node.entries[1].key;
      problems_.error(
          second.place,
          component.options->null()
              ? fmt::format("`{}` is beside `{}`: indent it further if it is one of "
                            "its options",
                            second.text, component.name.text)
              : fmt::format("one component has one name: `{}` or `{}`", component.name.text,
                            second.text));
    }
  }
  const auto choice = std::find_if(choices.begin(), choices.end(), [&](const Choice& one) {
    return one.name == component.name.text;
  });
  if (choice == choices.end()) {
    std::vector<std::string_view> names;
    for (const Choice& one : choices) names.push_back(one.name);
    const std::string found = node.map() ? fmt::format("`{}`", component.name.text) : shown(node);
    wrong(name, component.name.place,
          fmt::format("has no {}{}{}", name.empty() ? "type " : "", found,
                      suggestion(component.name.text, names)));
    return nullptr;
  }
  if (!choice->later.empty()) {
    problems_.error(component.name.place, not_available(choice->name));
    return nullptr;
  }
  OptionScope& scope = scope_.child(fmt::format("`{}`", component.name.text));
  OptionReader reader(component.options, component.name.place, scope, problems_);
  chosen(component.name, reader);
  reader.finish();
  if (reader.resolved().empty()) return component.name.text;
  return Json{{component.name.text, reader.resolved()}};
}

bool OptionReader::component_for(std::string_view name, std::span<const Choice> choices,
                                 const Rule& rule, const EntryFor& chosen) {
  const YamlNode* node = wanted(name, rule);
  if (node == nullptr) return false;
  if (!names_with_components(*node, choices)) {
    return component(name, choices, rule, [&](const Written& one, OptionVisitor& inside) {
      chosen(Written{}, one, inside);
    });
  }
  Json all = Json::object();
  for (const YamlEntry& entry : node->entries) {
    const auto chosen_for = [&](const Written& one, OptionVisitor& inside) {
      chosen(entry.key, one, inside);
    };
    all[entry.key.text] = read_component(name, entry.value, choices, chosen_for);
  }
  record(name, std::move(all));
  return true;
}

bool OptionReader::component(std::string_view name, std::span<const Choice> choices,
                             const Rule& rule, const Entry& chosen) {
  const YamlNode* node = wanted(name, rule);
  if (node == nullptr) return false;
  Json value = read_component(name, *node, choices, chosen);
  if (value.is_null()) return false;
  record(name, std::move(value));
  return true;
}

void OptionReader::components(std::string_view name, std::span<const Choice> choices,
                              const Rule& rule, const Entry& chosen) {
  const YamlNode* node = wanted(name, rule);
  if (node == nullptr) return;
  if (node->null()) return wrong(name, node->place, "has no value");
  Json list = Json::array();
  const std::span<const YamlNode> items =
      node->list() ? std::span(node->items) : std::span(node, 1);
  for (const YamlNode& item : items) list.push_back(read_component(name, item, choices, chosen));
  record(name, std::move(list));
}

void OptionReader::fail(std::string_view name, const std::string& message) {
  const YamlNode* node = node_ != nullptr && node_->map() ? node_->find(name) : nullptr;
  const bool alone =
      node_ != nullptr && !node_->map() && !scope_.names.empty() && scope_.names.front() == name;

  const Place place = node != nullptr ? node->place : alone ? node_->place : place_;
  // What is wrong with the whole may only follow from what was found wrong in it.
  if (node == nullptr && !alone && problems_.errors() > errors_before_) return;
  const std::string quoted = fmt::format("`{}`", name);
  const bool named = name.empty() || message.find(quoted) != std::string::npos;
  problems_.error(place, named ? message : fmt::format("{}: {}", quoted, message));
}

void OptionReader::finish() {
  if (node_ == nullptr || node_->null() || own_value_) return;
  if (scope_.names.empty() && (!node_->map() || !node_->entries.empty())) {
    problems_.error(node_->place, fmt::format("{} takes no options", scope_.what));
    return;
  }
  for (const YamlEntry& entry : node_->entries)
    if (!has(scope_.names, entry.key.text)) scope_.unknown.push_back(entry.key);
}

}  // namespace weir
