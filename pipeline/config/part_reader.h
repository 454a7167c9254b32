#pragma once

#include <fmt/format.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/options/option_reader.h"
#include "pipeline/yaml/yaml.h"

namespace weir {

// The parts of a pipeline file, each described once: reading, schema, documentation and hints come
// from these.

/// What records are when no `format:` says otherwise.
inline constexpr std::string_view kDefaultFormat = "json";

/// The keys that every source has, whatever its type; `kafka` is apart.
void describe_source(OptionVisitor& option, SourceConfig& source, const Vocabulary& vocabulary);
void describe_sink(OptionVisitor& option, SinkConfig& sink, const Vocabulary& vocabulary);

/// `format:` of a sink (`writes`) or a source: what is written goes to `name`, and what it names is
/// made.
void describe_format(OptionVisitor& option, std::string& name, std::shared_ptr<FormatSpec>& format,
                     bool writes, const Vocabulary& vocabulary);

/// `kafka:`; those in `secret` are never printed.
void describe_kafka(OptionVisitor& option, KafkaProperties& kafka,
                    const std::vector<std::string>& secret);

/// Everything that a source, operator or sink of one type takes.
std::vector<OptionTree> source_options(const SourceType& type, const Vocabulary& vocabulary);
std::vector<OptionTree> operator_options(const OperatorType& type);
std::vector<OptionTree> sink_options(const SinkType& type, const Vocabulary& vocabulary);

/// What the readers of the parts share.
struct ConfigReading {
  const Vocabulary& vocabulary;
  Problems& problems;
  OptionScope& root;
};

/// Reads `type:` and finds it in `table` (rows with name, later and make). Null when it is wrong;
/// `name` is then what was written.
template <class Type>
const Type* read_type(OptionReader& reader, ConfigReading& reading, std::span<const Type> table,
                      std::string& name);

/// What a source or sink writes with when its `format:` was left out: makes `name` with its
/// defaults. Returns the options resolved, the format among them.
Json with_default_format(const Json& resolved, std::string& name, std::string_view default_name,
                         std::shared_ptr<FormatSpec>& format, bool writes,
                         ConfigReading& reading);

/// One line of JSON; bytes that are no UTF-8 are replaced.
std::string dumped(const Json& json);

KafkaProperties read_kafka(OptionReader& reader, ConfigReading& reading);

/// Reports a name that is not `[a-z][a-z0-9_-]*`.
void check_name(const Written& name, std::string_view what, Problems& problems);

/// Reads what sources and sinks have alike: `type:` (one of `table`), the keys of every type by
/// `describe`, `kafka:` where the part has it and the type's own keys. `what`: `source`, for
/// messages; `options`: all that one type takes. Returns what was read, resolved.
template <class Part, class Type>
Json read_part(Part& part, const YamlEntry& entry, std::string_view what,
               std::span<const Type> table,
               void (*describe)(OptionVisitor&, Part&, const Vocabulary&),
               std::vector<OptionTree> (*options)(const Type&, const Vocabulary&),
               ConfigReading& reading) {
  part.name = entry.key;
  check_name(entry.key, fmt::format("a {}", what), reading.problems);
  OptionScope& scope = reading.root.child(fmt::format("{} `{}`", what, entry.key.text));
  OptionReader reader(&entry.value, entry.key.place, scope, reading.problems);
  const Type* type = read_type(reader, reading, table, part.type);
  if (type != nullptr) {
    part.spec = type->make();
    scope.described = [type, options, &reading] { return options(*type, reading.vocabulary); };
  } else {
    reader.ignore_unknown();
  }
  describe(reader, part, reading.vocabulary);
  if constexpr (requires { part.kafka; }) part.kafka = read_kafka(reader, reading);
  if (part.spec) part.spec->describe(reader);
  reader.finish();
  return reader.resolved();
}

SourceConfig read_source(const YamlEntry& entry, ConfigReading& reading);
OperatorConfig read_operator(const YamlEntry& entry, ConfigReading& reading);
SinkConfig read_sink(const YamlEntry& entry, ConfigReading& reading);

/// Reports a name that is not `[A-Za-z_][A-Za-z0-9_-]*`.
void check_field_name(const Written& name, Problems& problems);

}  // namespace weir
