#include "pipeline/config/part_reader.h"
#include "pipeline/core/json.h"

// `format:` of sources and sinks.

namespace weir {
namespace {

/// Of a source's or sink's resolved options.
std::string format_of(const std::string& resolved) {
  const Json options = parse_json(resolved);
  const auto format = options.find("format");
  if (format == options.end()) return {};
  return format->is_string() ? format->get<std::string>() : dumped(*format);
}

void describe(FormatSpec& format, OptionVisitor& option, bool writes) {
  if (writes)
    format.describe_writing(option);
  else
    format.describe(option);
}

}  // namespace

void describe_format(OptionVisitor& option, std::string& name, std::shared_ptr<FormatSpec>& format,
                     bool writes, const Vocabulary& vocabulary) {
  std::vector<Choice> formats;
  for (const FormatType& type : vocabulary.formats)
    formats.push_back({type.name, type.doc, type.later});
  const Rule rule{
      .doc = "the format of a record; default: json, or what a file's name says",
      .example = "json"};
  option.component("format", formats, rule, [&](const Written& written, OptionVisitor& inside) {
    for (const FormatType& type : vocabulary.formats)
      if (type.name == written.text && type.make != nullptr) format = type.make();
    name = written.text;
    if (format) describe(*format, inside, writes);
  });
}

Json with_default_format(const Json& resolved, std::string& name, std::string_view default_name,
                         std::shared_ptr<FormatSpec>& format, bool writes,
                         ConfigReading& reading) {
  Json out = Json::object();
  if (resolved.contains("type")) out["type"] = resolved["type"];
  if (resolved.contains("format")) {
    out["format"] = resolved["format"];
  } else if (!format) {
    name = default_name;
    for (const FormatType& type : reading.vocabulary.formats)
      if (type.name == name && type.make != nullptr) format = type.make();
    OptionScope scope;
    OptionReader defaults(nullptr, {}, scope, reading.problems);
    if (format) describe(*format, defaults, writes);
    out["format"] = defaults.resolved().empty() ? Json(name) : Json{{name, defaults.resolved()}};
  }
  for (const auto& [key, value] : resolved.items())
    if (!out.contains(key)) out[key] = value;
  return out;
}

std::string resolved_format(const SourceConfig& config) { return format_of(config.resolved); }
std::string resolved_format(const SinkConfig& config) { return format_of(config.resolved); }

}  // namespace weir
