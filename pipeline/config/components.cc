#include <fmt/format.h>

#include <algorithm>

#include "pipeline/config/part_reader.h"
#include "pipeline/core/expression/expression.h"
#include "pipeline/core/json.h"
#include "pipeline/options/option_text.h"

namespace weir {
namespace {

/// Anything that a pipeline file can name.
struct Component {
  std::string kind;
  std::string name;
  std::string doc;
  std::string later;
  std::string signature;  // of a function
  std::vector<OptionTree> options;
};

class Components {
 public:
  explicit Components(const Vocabulary& vocabulary) {
    for (const SourceType& type : vocabulary.sources)
      add("source", type, source_options(type, vocabulary));
    for (const OperatorType& type : vocabulary.operators)
      add("operator", type, operator_options(type));
    for (const SinkType& type : vocabulary.sinks) add("sink", type, sink_options(type, vocabulary));
    for (const FormatType& type : vocabulary.formats)
      add("format", type, describe_options([&](OptionVisitor& option) {
            if (type.make != nullptr) type.make()->describe(option);
          }));
    add_inner();
    add_sections();
    for (const FunctionType& function : function_types())
      all_.push_back({"function",
                      std::string(function.name),
                      std::string(function.doc),
                      "",
                      std::string(function.signature),
                      {}});
  }

  const std::vector<Component>& all() const { return all_; }

 private:
  template <class Type>
  void add(std::string kind, const Type& type, std::vector<OptionTree> options) {
    all_.push_back({std::move(kind), std::string(type.name), std::string(type.doc),
                    std::string(type.later), "", std::move(options)});
  }

  /// Components that options take: steps, detectors, types of fields.
  void add_inner() {
    const std::size_t outer = all_.size();
    std::vector<Component> inner;
    for (std::size_t i = 0; i < outer; ++i) collect(all_[i].options, "", inner);
    for (Component& component : inner) all_.push_back(std::move(component));
  }

  void collect(const std::vector<OptionTree>& options, const std::string& above,
               std::vector<Component>& found) const {
    for (const OptionTree& option : options) {
      std::string kind = option.name.empty() ? above + " type" : option.name;
      if (kind.ends_with('s')) kind.pop_back();
      collect(option.options, kind, found);
      for (const ChoiceTree& choice : option.choices) {
        const auto same = [&](const Component& one) {
          return one.kind == kind && one.name == choice.name;
        };
        if (std::any_of(found.begin(), found.end(), same) ||
            std::any_of(all_.begin(), all_.end(), same))
          continue;
        found.push_back({kind, choice.name, choice.doc, choice.later, "", choice.options});
        collect(choice.options, kind, found);
      }
    }
  }

  void add_sections() {
    all_.push_back(
        {"section", "engine", "how the program runs the pipeline", "", "",
         describe_options([](OptionVisitor& option) { EngineConfig{}.describe(option); })});
    all_.push_back(
        {"section", "http", "where the program can be watched", "", "",
         describe_options([](OptionVisitor& option) { HttpConfig{}.describe(option); })});
  }

  /// Kinds in the order of their first component.
  void group_by_kind() {
    std::vector<std::string> kinds;
    for (const Component& component : all_)
      if (std::find(kinds.begin(), kinds.end(), component.kind) == kinds.end())
        kinds.push_back(component.kind);
    const auto rank = [&](const Component& one) {
      return std::find(kinds.begin(), kinds.end(), one.kind) - kinds.begin();
    };
    std::stable_sort(all_.begin(), all_.end(),
                     [&](const Component& a, const Component& b) { return rank(a) < rank(b); });
  }

  std::vector<Component> all_;
};

/// How it is written, with the examples of what must be written.
std::string usage(const Component& component) {
  const bool typed =
      component.kind == "source" || component.kind == "operator" || component.kind == "sink";
  if (component.kind == "function") return component.signature;
  std::string options;
  for (const OptionTree& option : component.options) {
    if (option.name.empty() || !option.later.empty()) continue;
    const bool shown = option.required || (!typed && options.empty());
    const std::string value = !option.example.empty()         ? option.example
                              : !option.default_value.empty() ? option.default_value
                                                              : "...";
    if (shown) options += fmt::format("{}{}: {}", options.empty() ? "" : ", ", option.name, value);
  }
  if (component.kind == "section") return fmt::format("{}: {{ {} }}", component.name, options);
  if (typed)
    return fmt::format("NAME: {{ type: {}{}{} }}", component.name, options.empty() ? "" : ", ",
                       options);
  if (options.empty()) return component.name;
  return fmt::format("{}  or  {{ {}: {{ {} }} }}", component.name, component.name, options);
}

constexpr std::string_view kNotAvailable = "not available yet";

std::string component_text(const Component& component) {
  std::string out = fmt::format("{} ({})\n    {}\n", component.name, component.kind, component.doc);
  if (!component.later.empty()) return out + fmt::format("    {}\n", kNotAvailable);
  out += fmt::format("\n  Written as\n    {}\n", usage(component));
  if (component.options.empty()) return out;
  return out + "\n  Options\n" + options_text(component.options, 4);
}

Json component_json(const Component& component, bool with_options) {
  Json json = {{"kind", component.kind}, {"name", component.name}, {"doc", component.doc}};
  if (!component.later.empty()) json["available"] = false;
  if (!component.signature.empty()) json["signature"] = component.signature;
  if (with_options && component.later.empty()) {
    json["usage"] = usage(component);
    json["options"] = options_json(component.options);
  }
  return json;
}

}  // namespace

std::string describe_component(const Vocabulary& vocabulary, std::string_view name, bool json) {
  const Components components(vocabulary);
  Json list = Json::array();
  std::string text;
  for (const Component& component : components.all()) {
    if (component.name != name) continue;
    list.push_back(component_json(component, true));
    text += (text.empty() ? "" : "\n") + component_text(component);
  }
  if (list.empty()) return {};
  return json ? json_text(list, 2) + "\n" : text;
}

std::string list_components(const Vocabulary& vocabulary, bool json) {
  const Components components(vocabulary);
  if (json) {
    Json list = Json::array();
    for (const Component& component : components.all())
      list.push_back(component_json(component, false));
    return json_text(list, 2) + "\n";
  }
  std::size_t width = 0;
  for (const Component& component : components.all())
    width = std::max(width, component.name.size());
  std::string out, kind;
  for (const Component& component : components.all()) {
    if (component.kind != kind)
      out += fmt::format("{}{}s\n", out.empty() ? "" : "\n", component.kind);
    kind = component.kind;
    out += fmt::format("  {:<{}}  {}{}\n", component.name, width, component.doc,
                       component.later.empty() ? "" : fmt::format(" ({})", kNotAvailable));
  }
  return out;
}

}  // namespace weir
