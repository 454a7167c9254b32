#include <utility>

#include "pipeline/config/part_reader.h"
#include "pipeline/core/json.h"
#include "pipeline/options/option_schema.h"

namespace weir {
namespace {

constexpr const char* kName = "^[a-z][a-z0-9_-]*$";

/// A mapping from names to things of one of the types in `table`.
template <class Type, class Options>
Json named_schema(std::span<const Type> table, const Options& options_of) {
  Json forms = Json::array();
  for (const Type& type : table) {
    if (!type.later.empty() || type.make == nullptr) continue;
    Json form = options_schema(options_of(type));
    form["properties"]["type"] = {{"const", type.name}, {"description", type.doc}};
    form["required"].push_back("type");
    forms.push_back(std::move(form));
  }
  return {{"type", Json::array({"object", "null"})},
          {"propertyNames", {{"pattern", kName}}},
          {"additionalProperties", {{"anyOf", std::move(forms)}}}};
}

Json section_schema(const OptionVisitor::Inside& describe, const char* doc) {
  Json schema = options_schema(describe_options(describe));
  schema["type"] = Json::array({"object", "null"});
  schema["description"] = doc;
  return schema;
}

}  // namespace

std::string config_schema(const Vocabulary& vocabulary) {
  Json properties = Json::object();
  properties["version"] = {{"const", 1}, {"description", "version of the language"}};
  properties["pipeline"] = {
      {"anyOf", Json::array({Json{{"type", "string"}, {"pattern", kName}},
                             Json{{"type", "boolean"}},  // `true` is a name, too
                             Json{{"$ref", "#/$defs/substituted"}}})},
      {"description", "the pipeline's name: part of its topics"}};
  const std::vector<OptionTree> kafka = describe_options([](OptionVisitor& option) {
    KafkaProperties properties_of_all;
    describe_kafka(option, properties_of_all, {});
  });
  properties["kafka"] = option_schema(kafka[0]);
  properties["engine"] = section_schema(
      [](OptionVisitor& option) { EngineConfig{}.describe(option); },
      "how the program runs the pipeline");
  properties["http"] = section_schema([](OptionVisitor& option) { HttpConfig{}.describe(option); },
                                      "where it can be watched");
  properties["sources"] = named_schema(
      vocabulary.sources, [&](const SourceType& type) { return source_options(type, vocabulary); });
  properties["sources"]["type"] = "object";
  properties["operators"] = named_schema(vocabulary.operators, operator_options);
  properties["sinks"] = named_schema(
      vocabulary.sinks, [&](const SinkType& type) { return sink_options(type, vocabulary); });
  const Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                       {"title", "weir pipeline"},
                       {"type", "object"},
                       {"properties", std::move(properties)},
                       {"required", Json::array({"version", "pipeline", "sources"})},
                       {"additionalProperties", false},
                       {"$defs", schema_definitions()}};
  return json_text(schema, 2) + "\n";
}

}  // namespace weir
