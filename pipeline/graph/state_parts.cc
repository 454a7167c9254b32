#include "pipeline/graph/state_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pipeline/core/json.h"

namespace weir {
namespace {

using Fact = StatePart::Fact;

// A longer value says less than that it changed.
constexpr std::size_t kShort = 40;

const Fact* find(const std::vector<Fact>& facts, const std::string& what) {
  const auto at = std::ranges::find(facts, what, &Fact::what);
  return at == facts.end() ? nullptr : &*at;
}

std::string inside(const std::string& what, const std::string& name) {
  return what.empty() ? name : what + "." + name;
}

/// Adds what differs between two values: "steps.one_hot.max is 4 (was 8)".
void add_difference(const std::string& what, const Json& before, const Json& now,
                    std::vector<std::string>& all) {
  if (before == now) return;
  if (before.is_array() && now.is_array() && before.size() == now.size()) {
    for (std::size_t i = 0; i < now.size(); ++i) add_difference(what, before[i], now[i], all);
    return;
  }
  if (before.is_object() && now.is_object()) {
    for (const auto& [name, value] : now.items())
      add_difference(inside(what, name), before.contains(name) ? before.at(name) : Json(), value,
                     all);
    for (const auto& [name, value] : before.items())
      if (!now.contains(name)) add_difference(inside(what, name), value, Json(), all);
    return;
  }
  const std::string is = json_text(now), was = json_text(before);
  all.push_back(is.size() > kShort || was.size() > kShort
                    ? fmt::format("{} changed", what)
                    : fmt::format("{} is {} (was {})", what, is, was));
}

Json value_of(const Fact& fact) {
  try {
    return parse_json(fact.is);
  } catch (const Json::exception&) {  // no option but a text
    return fact.is;
  }
}

/// Why a part cannot go on from one that depended on other facts.
std::string difference(const StatePart& before, const StatePart& now) {
  std::vector<std::string> all;
  for (const Fact& fact : now.depends) {
    const Fact* earlier = find(before.depends, fact.what);
    if (earlier == nullptr)
      all.push_back(fact.what + " is new");
    else if (*earlier != fact)
      add_difference(fact.what, value_of(*earlier), value_of(fact), all);
  }
  for (const Fact& fact : before.depends)
    if (find(now.depends, fact.what) == nullptr) all.push_back(fact.what + " is gone");
  if (all.empty()) return "it has a different type";
  std::string text;
  for (const std::string& one : all) text += (text.empty() ? "" : ", ") + one;
  return text;
}

const StateOutline::Of* find(const StateOutline& outline, const std::string& name) {
  const auto at = std::ranges::find(outline.operators, name, &StateOutline::Of::name);
  return at == outline.operators.end() ? nullptr : &*at;
}

const Node::Part* find(const StateOutline::Of& of, const std::string& part) {
  const auto at = std::ranges::find_if(
      of.parts, [&](const Node::Part& one) { return one.state.name == part; });
  return at == of.parts.end() ? nullptr : &*at;
}

void compare(const StateOutline::Of& before, const StateOutline::Of& now, StateChange& change) {
  for (const Node::Part& part : now.parts) {
    const Node::Part* earlier = find(before, part.state.name);
    if (earlier == nullptr) {
      change.cold.push_back({now.name, part.state.name, "it is new"});
    } else if (earlier->fingerprint != part.fingerprint) {
      change.cold.push_back({now.name, part.state.name, difference(earlier->state, part.state)});
    } else {
      ++change.kept;
      for (const Fact& fact : part.state.made_with)
        if (const Fact* made = find(earlier->state.made_with, fact.what);
            made != nullptr && *made != fact)
          change.warnings.push_back(
              fmt::format("operator {}: {} is computed differently now; what the {} learned from "
                          "the old one stays",
                          now.name, fact.what, part.state.name));
    }
  }
  for (const Node::Part& part : before.parts)
    if (find(now, part.state.name) == nullptr)
      change.gone.push_back(part_name(before.name, part.state.name));
}

}  // namespace

std::string part_name(std::string_view name_of_operator, std::string_view part) {
  if (part.empty() || part == "state") return std::string(name_of_operator);
  return fmt::format("{}, {}", name_of_operator, part);
}

StateOutline StateOutline::of(const Graph& graph) {
  StateOutline outline;
  for (const std::size_t node : graph.by_name())
    outline.operators.push_back({graph.nodes[node].name, graph.nodes[node].parts});
  return outline;
}

std::size_t StateOutline::parts() const {
  std::size_t sum = 0;
  for (const Of& of : operators) sum += of.parts.size();
  return sum;
}

std::vector<std::string> StateChange::sentences() const {
  std::vector<std::string> all;
  for (const Cold& one : cold)
    all.push_back(
        fmt::format("operator {} starts cold: {}", part_name(one.name, one.part), one.why));
  for (const std::string& one : gone)
    all.push_back(fmt::format("operator {} is gone, and what it kept with it", one));
  all.insert(all.end(), warnings.begin(), warnings.end());
  return all;
}

StateChange compare_parts(const StateOutline& before, const StateOutline& now,
                          std::span<const std::string> reset) {
  StateChange change;
  change.parts = now.parts();
  for (const StateOutline::Of& of : now.operators) {
    const StateOutline::Of* earlier = find(before, of.name);
    if (of.parts.empty()) continue;
    if (std::ranges::find(reset, of.name) != reset.end())
      change.cold.push_back({of.name, {}, "--reset-state names it"});
    else if (earlier == nullptr)
      change.cold.push_back({of.name, {}, "it is new"});
    else
      compare(*earlier, of, change);
  }
  for (const StateOutline::Of& of : before.operators)
    if (!of.parts.empty() && find(now, of.name) == nullptr) change.gone.push_back(of.name);
  return change;
}

}  // namespace weir
