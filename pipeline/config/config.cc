#include "pipeline/config/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "pipeline/config/part_reader.h"
#include "pipeline/core/field_name.h"
#include "pipeline/core/json.h"
#include "pipeline/options/option_values.h"
#include "pipeline/yaml/substitution.h"

namespace weir {
namespace {

constexpr std::array<std::string_view, 8> kSections = {"version", "pipeline", "kafka",     "engine",
                                                       "http",    "sources",  "operators", "sinks"};

void read_version(OptionReader& reader) {
  Literal version;
  reader("version", version,
         {.doc = "version of the language: 1", .required = true, .example = "1"});
  const double* number = std::get_if<double>(&version.value);
  const bool written = version.place.line != 0;
  if (written && (number == nullptr || *number != 1))
    reader.fail("version", "this program reads version 1");
}

/// Reads a section of things with names, each by `read`.
template <class Part, class Read>
void read_named(OptionReader& reader, ConfigReading& reading, std::string_view section,
                std::vector<Part>& parts, const Read& read) {
  const YamlNode* node = reader.section(section);
  if (node == nullptr || node->null()) return;
  if (!node->map())
    return reading.problems.error(
        node->place,
        fmt::format("`{}` must be a mapping from names, not {}", section, shown(*node)));
  for (const YamlEntry& entry : node->entries) {
    const bool misplaced =
        std::find(kSections.begin(), kSections.end(), entry.key.text) != kSections.end() &&
        entry.value.find("type") == nullptr;
    if (misplaced) {
      reading.problems.error(entry.key.place, fmt::format("`{}` is inside `{}`; it belongs one "
                                                          "level up",
                                                          entry.key.text, section));
    } else if (!entry.value.map()) {
      reading.problems.error(entry.value.place,
                             fmt::format("`{}` must be a mapping with a `type`, not {}",
                                         entry.key.text, shown(entry.value)));
    } else {
      parts.push_back(read(entry, reading));
    }
  }
}

void check_one_name_space(const Config& config, Problems& problems) {
  for (const OperatorConfig& one : config.operators)
    for (const SourceConfig& source : config.sources)
      if (source.name.text == one.name.text)
        problems.error(
            one.name.place,
            fmt::format("`{}` is already a source (line {}): sources and operators share "
                        "one name space",
                        one.name.text, source.name.place.line));
}

template <class Part>
Json resolved_parts(const std::vector<Part>& parts) {
  std::vector<const Part*> order;
  for (const Part& part : parts) order.push_back(&part);
  std::sort(order.begin(), order.end(),
            [](const Part* a, const Part* b) { return a->name.text < b->name.text; });
  Json all = Json::object();
  for (const Part* part : order) all[part->name.text] = parse_json(part->resolved);
  return all;
}

/// The options of a section whose defaults count also when nothing of it was written.
template <class Section>
Json read_section(OptionReader& reader, ConfigReading& reading, std::string_view name,
                  Section& section) {
  const YamlNode* node = reader.section(name);
  if (node != nullptr && !node->map() && !node->null()) {
    reading.problems.error(node->place,
                           fmt::format("`{}` must be a mapping, not {}", name, shown(*node)));
    node = nullptr;
  }
  OptionScope& scope = reading.root.child(fmt::format("`{}`", name));
  OptionReader inside(node, node != nullptr ? node->place : Place{}, scope, reading.problems);
  section.describe(inside);
  inside.finish();
  return inside.resolved();
}

std::string resolved_file(const Config& config, const Json& head, Json engine, Json http) {
  Json all = Json::object();
  all["version"] = 1;
  all["pipeline"] = config.pipeline.text;
  if (head.contains("kafka")) all["kafka"] = head["kafka"];
  all["engine"] = std::move(engine);
  all["http"] = std::move(http);
  all["sources"] = resolved_parts(config.sources);
  all["operators"] = resolved_parts(config.operators);
  all["sinks"] = resolved_parts(config.sinks);
  return dumped(all);
}

void read_root(const YamlNode& root, Config& config, const Vocabulary& vocabulary,
               Problems& problems) {
  OptionScope scope;
  scope.what = "the pipeline file";
  ConfigReading reading{vocabulary, problems, scope};
  OptionReader reader(&root, {1, 1}, scope, problems);
  read_version(reader);
  reader("pipeline", config.pipeline,
         {.doc = "the pipeline's name: part of its topics and identities", .required = true});
  if (config.pipeline.place.line > 0) check_name(config.pipeline, "a pipeline", problems);
  config.kafka = read_kafka(reader, reading);
  Json engine = read_section(reader, reading, "engine", config.engine);
  Json http = read_section(reader, reading, "http", config.http);
  read_named(reader, reading, "sources", config.sources, read_source);
  read_named(reader, reading, "operators", config.operators, read_operator);
  read_named(reader, reading, "sinks", config.sinks, read_sink);
  if (root.find("sources") == nullptr) problems.error({1, 1}, "the pipeline file needs `sources`");
  reader.finish();
  check_one_name_space(config, problems);
  report_unknown_keys(scope, problems);
  config.resolved = resolved_file(config, reader.resolved(), std::move(engine), std::move(http));
}

}  // namespace

template <class Type>
const Type* read_type(OptionReader& reader, ConfigReading& reading, std::span<const Type> table,
                      std::string& name) {
  Written written;
  reader("type", written, {.doc = "what it is", .required = true});
  name = written.text;
  if (written.place.line == 0) return nullptr;
  std::vector<std::string_view> names;
  for (const Type& type : table) {
    names.push_back(type.name);
    if (type.name != name) continue;
    if (type.later.empty() && type.make != nullptr) return &type;
    reading.problems.error(written.place, not_available(name));
    return nullptr;
  }
  const auto other = [&](const auto& types, std::string_view what) {
    const bool found = std::any_of(types.begin(), types.end(),
                                   [&](const auto& type) { return type.name == name; });
    return found ? fmt::format("; it is a type of {}", what) : std::string();
  };

  std::string hint = other(reading.vocabulary.operators, "operators");
  if (hint.empty()) hint = other(reading.vocabulary.sources, "sources");
  if (hint.empty()) hint = other(reading.vocabulary.sinks, "sinks");
  if (hint.empty()) hint = suggestion(name, names);
  reading.problems.error(written.place, fmt::format("there is no type `{}` here{}", name, hint));
  return nullptr;
}
template const SourceType* read_type(OptionReader&, ConfigReading&, std::span<const SourceType>,
                                     std::string&);
template const OperatorType* read_type(OptionReader&, ConfigReading&, std::span<const OperatorType>,
                                       std::string&);
template const SinkType* read_type(OptionReader&, ConfigReading&, std::span<const SinkType>,
                                   std::string&);

void check_name(const Written& name, std::string_view what, Problems& problems) {
  const std::string& text = name.text;
  const bool upper = std::ranges::any_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
  if (is_field_name(text) && text[0] != '_' && !upper) return;
  problems.error(name.place,
                 fmt::format("`{}` cannot be the name of {}: lower-case letters, digits, - and _, "
                             "a letter first",
                             text, what));
}

void check_field_name(const Written& name, Problems& problems) {
  const std::string& text = name.text;
  if (is_field_name(text)) return;
  problems.error(name.place, fmt::format("`{}` cannot be the name of a field: letters, digits, - "
                                         "and _, no digit first; give it one that can, and say "
                                         "where it is: `NAME: {{ TYPE: {{ path: [\"{}\"] }} }}`",
                                         text, text));
}

std::string dumped(const Json& json) { return json_text(json); }

std::vector<OptionTree> operator_options(const OperatorType& type) {
  return describe_options([&](OptionVisitor& option) {
    if (type.make != nullptr) type.make()->describe(option);
  });
}

OperatorConfig read_operator(const YamlEntry& entry, ConfigReading& reading) {
  OperatorConfig config;
  config.name = entry.key;
  check_name(entry.key, "an operator", reading.problems);
  const std::size_t errors = reading.problems.errors();

  OptionScope& scope = reading.root.child(fmt::format("operator `{}`", entry.key.text));
  OptionReader reader(&entry.value, entry.key.place, scope, reading.problems);
  const OperatorType* type = read_type(reader, reading, reading.vocabulary.operators, config.type);
  if (type != nullptr) {
    config.spec = type->make();
    scope.described = [type] { return operator_options(*type); };
    config.spec->describe(reader);
  } else {
    reader.ignore_unknown();
  }

  reader.finish();
  config.resolved = dumped(reader.resolved());
  config.sound = reading.problems.errors() == errors && !any_unknown_key(scope);
  return config;
}

Config read_config(const ConfigInput& input, const Vocabulary& vocabulary, Problems& problems) {
  Config config;
  config.file = input.file;
  const std::size_t before = problems.errors();
  YamlLimits limits;
  if (input.recorded) limits.bytes = limits.nodes = std::numeric_limits<std::size_t>::max();
  std::optional<YamlNode> root = parse_yaml(input.text, problems, std::nullopt, limits);
  if (!root) {
    problems.cut_properties();
    if (problems.errors() == before)
      problems.error({}, "is empty: a pipeline begins with `version: 1` and `pipeline: NAME`");
    return config;
  }
  if (!root->map()) {
    problems.error(root->place, fmt::format("a pipeline file is a mapping, not {}", shown(*root)));
    return config;
  }
  apply_settings(*root, input.set, problems);
  substitute(*root, input.environment, problems);
  read_root(*root, config, vocabulary, problems);
  return config;
}

std::string resolved_config(const Config& config) { return config.resolved; }

std::string resolved_operator(const OperatorConfig& config) { return config.resolved; }

}  // namespace weir
