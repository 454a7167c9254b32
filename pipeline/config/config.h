#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/config/engine_config.h"
#include "pipeline/config/vocabulary.h"
#include "pipeline/core/connector.h"
#include "pipeline/core/operator.h"
#include "pipeline/core/record.h"
#include "pipeline/yaml/problems.h"

namespace weir {

/// librdkafka properties by name, as written.
using KafkaProperties = std::map<std::string, std::string>;

struct SourceConfig {
  Written name;
  std::string type;
  std::unique_ptr<SourceSpec> spec;
  std::shared_ptr<FormatSpec> format;
  std::string format_name;
  std::vector<Written> key;
  std::optional<Written> time;
  Duration lateness{0};
  Duration idle{10'000};
  Duration ahead{3'600'000};
  std::size_t confirm = 10;
  std::string start = "earliest";  // earliest, latest, an RFC 3339 time or `-7d`; checked
  std::vector<FieldSpec> fields;
  std::vector<Place> field_places;
  KafkaProperties kafka;
  std::string resolved;  // as OperatorConfig::resolved

  Schema schema() const;
  /// Whether it names servers of its own, by either of librdkafka's names for them.
  bool elsewhere() const {
    return kafka.contains("bootstrap.servers") || kafka.contains("metadata.broker.list");
  }
};

struct OperatorConfig {
  Written name;
  std::string type;
  std::unique_ptr<OperatorSpec> spec;  // null when its type is wrong
  std::string resolved;                // its options after defaults, as read_config found them
  bool sound = true;                   // no mistake was found in its options
};

struct SinkConfig {
  Written name;
  std::string type;
  std::unique_ptr<SinkSpec> spec;
  std::shared_ptr<FormatSpec> format;
  std::string format_name;
  std::vector<Written> inputs;
  std::vector<Written> fields;  // empty: all
  std::vector<Written> key;
  std::string resolved;  // as OperatorConfig::resolved
};

/// `http:`.
struct HttpConfig {
  std::string listen = "127.0.0.1:8080";  // port 0: any free one, printed; `off`

  void describe(OptionVisitor& option);
};

/// A pipeline file, read and checked key by key; graph.h checks how its parts fit together.
struct Config {
  std::string file;
  Written pipeline;
  EngineConfig engine;
  HttpConfig http;
  KafkaProperties kafka;
  std::vector<SourceConfig> sources;
  std::vector<OperatorConfig> operators;
  std::vector<SinkConfig> sinks;
  std::string resolved;  // the whole, for resolved_config
};

/// What comes from outside the file.
struct ConfigInput {
  std::string file;  // its name, for messages
  std::string text;
  std::vector<std::pair<std::string, std::string>> set;  // --set path=value
  std::map<std::string, std::string> environment;        // for ${VAR:-default}
  bool recorded = false;  // the text is a resolved_config: larger than the file that it comes from
};

/// Reads a pipeline file; every mistake goes to `problems`, and what could be read is returned. A
/// YAML syntax error or an unknown alias is reported alone. Never connects to anything.
Config read_config(const ConfigInput& input, const Vocabulary& vocabulary, Problems& problems);

/// The pipeline with all defaults filled in, as one line of JSON with keys in a fixed order: what
/// fingerprints are made of and epoch 0 records. Secrets (`kafka:` values that are passwords or
/// came from the environment) are "***". It reads back as the same pipeline.
std::string resolved_config(const Config& config);

/// The resolved options of one operator (type included): part of its fingerprint.
std::string resolved_operator(const OperatorConfig& config);

/// The resolved format of a source or sink: its name, or with options `{"name":{...}}`.
std::string resolved_format(const SourceConfig& config);
std::string resolved_format(const SinkConfig& config);

/// The JSON Schema (draft 2020-12) of the pipeline file, from the components' own descriptions.
std::string config_schema(const Vocabulary& vocabulary);

/// Documentation of one component by name, or of all (`weir describe`, `weir list`), as text or
/// JSON. Empty when there is none of that name.
std::string describe_component(const Vocabulary& vocabulary, std::string_view name, bool json);
std::string list_components(const Vocabulary& vocabulary, bool json);

}  // namespace weir
