#include "pipeline/options/option_schema.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "pipeline/core/json.h"

namespace weir {
namespace {

constexpr const char* kDuration = "^[0-9]+(ms|s|m|h|d)$";
constexpr const char* kLongerThanNone = "^0*[1-9][0-9]*(ms|s|m|h|d)$";

Json substituted() { return {{"$ref", "#/$defs/substituted"}}; }
Json any_of(std::vector<Json> forms) {
  return forms.size() == 1 ? std::move(forms[0]) : Json{{"anyOf", std::move(forms)}};
}

Json number_schema(const OptionTree& option, bool whole) {
  Json schema = {{"type", whole ? "integer" : "number"}};
  const double min = whole ? std::max(option.min, 0.0) : option.min;
  const double max = whole ? std::min(option.max, kLargestCount) : option.max;
  if (std::isfinite(min)) schema["minimum"] = min;
  if (std::isfinite(max)) schema["maximum"] = max;
  return schema;
}

Json text_schema(const OptionTree& option) {
  if (!option.pattern.empty())
    return any_of({{{"type", "string"}, {"pattern", option.pattern}}, substituted()});
  if (option.words.empty()) return {{"type", Json::array({"string", "number", "boolean"})}};
  return any_of({{{"enum", option.words}}, substituted()});
}

bool other_required(const std::vector<OptionTree>& options) {
  return std::any_of(options.begin() + 1, options.end(),
                     [](const OptionTree& option) { return option.required; });
}

bool any_required(const std::vector<OptionTree>& options) {
  return std::any_of(options.begin(), options.end(),
                     [](const OptionTree& option) { return option.required; });
}

/// What stands behind a name: a mapping of options, the main option alone, or nothing.
Json inside_schema(const std::vector<OptionTree>& options, bool may_be_empty) {
  if (options.size() == 1 && options[0].name.empty()) return option_schema(options[0]);
  std::vector<Json> forms = {options_schema(options)};
  if (!options.empty() && !other_required(options)) {
    const Json alone = {{"not", {{"type", Json::array({"object", "null"})}}}};
    forms.push_back({{"allOf", Json::array({alone, option_schema(options[0])})}});
  }
  if (may_be_empty && !any_required(options)) forms.push_back({{"type", "null"}});
  return any_of(std::move(forms));
}

Json component_schema(const OptionTree& option) {
  Json alone = Json::array();
  Json with_options = Json::object();
  for (const ChoiceTree& choice : option.choices) {
    if (!choice.later.empty()) continue;
    if (!any_required(choice.options)) alone.push_back(choice.name);
    Json inside = inside_schema(choice.options, true);
    inside["description"] = choice.doc;
    with_options[choice.name] = std::move(inside);
  }
  return any_of({{{"enum", std::move(alone)}},
                 {{"type", "object"},
                  {"properties", std::move(with_options)},
                  {"additionalProperties", false},
                  {"minProperties", 1},
                  {"maxProperties", 1}},
                 substituted()});
}

Json value_schema(const OptionTree& option) {
  using Kind = OptionTree::Kind;
  const Json duration = {{"type", "string"},
                         {"pattern", option.min > 0 ? kLongerThanNone : kDuration}};
  switch (option.kind) {
    case Kind::number:
      return any_of({number_schema(option, false), substituted()});
    case Kind::count:
      return any_of({number_schema(option, true), substituted()});
    case Kind::boolean:
      return any_of({{{"type", "boolean"}}, substituted()});
    case Kind::text:
    case Kind::written:
      return text_schema(option);
    case Kind::duration:
      if (option.min > 0) return any_of({duration, substituted()});
      return any_of({duration, {{"const", 0}}, substituted()});
    case Kind::extent: {
      std::vector<Json> forms = {number_schema(option, true), duration, substituted()};
      if (takes_all({option.words.begin(), option.words.end()}))
        forms.push_back({{"const", "all"}});
      return any_of(std::move(forms));
    }
    case Kind::duration_or_off:
      return any_of({duration, {{"const", "off"}}, substituted()});
    case Kind::literal:
      if (!option.words.empty())
        return any_of({number_schema(option, false), {{"enum", option.words}}, substituted()});
      return {{"type", Json::array({"string", "number", "boolean", "null"})}};
    case Kind::written_list:
      return any_of({{{"type", "array"}, {"items", text_schema(option)}}, text_schema(option)});
    case Kind::record_path: {
      const Json name = {{"type", Json::array({"string", "boolean"})}};
      const Json step =
          any_of({name, {{"type", "integer"}, {"minimum", 0}, {"maximum", kMaxIndex}}});
      const Json list = {{"type", "array"},
                         {"prefixItems", Json::array({name})},
                         {"items", step},
                         {"minItems", 1}};
      const Json text = {{"type", Json::array({"string", "number", "boolean"})}, {"minLength", 1}};
      return any_of({list, text});
    }
    case Kind::block:
      return inside_schema(option.options, false);

    case Kind::entries: {
      const Json map = {{"type", "object"},
                        {"additionalProperties", inside_schema(option.options, true)}};
      const bool own_value = !option.options.empty() && option.options[0].name.empty();
      if (own_value || any_required(option.options)) return map;
      return any_of({map, {{"type", "string"}}});
    }

    case Kind::component:
      if (!option.per_name) return component_schema(option);
      return any_of({component_schema(option),
                     {{"type", "object"},
                      {"additionalProperties", component_schema(option)},
                      {"minProperties", 1}}});
    case Kind::components: {
      Json list = {{"type", "array"}, {"items", component_schema(option)}};
      if (option.required) list["minItems"] = 1;
      return any_of({std::move(list), component_schema(option)});
    }
  }
  return true;
}

}  // namespace

Json option_schema(const OptionTree& option) {
  Json schema = value_schema(option);
  if (!option.doc.empty()) schema["description"] = option.doc;
  if (!option.default_value.empty()) schema["default"] = parse_json(option.default_value);
  return schema;
}

Json options_schema(const std::vector<OptionTree>& options) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const OptionTree& option : options) {
    if (!option.later.empty()) continue;
    properties[option.name] = option_schema(option);
    if (option.required) required.push_back(option.name);
  }
  Json schema = {
      {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

Json schema_definitions() {
  return {{"substituted",
           {{"type", "string"},
            {"pattern", "\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}"},
            {"description", "taken from the environment: ${NAME} or ${NAME:-default}"}}}};
}

}  // namespace weir
