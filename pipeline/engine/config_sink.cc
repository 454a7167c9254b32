#include <fmt/format.h>

#include "pipeline/engine/config_parts.h"

namespace weir {

void describe_sink(OptionVisitor& option, SinkConfig& sink, const Vocabulary& vocabulary) {
  std::vector<Choice> formats;
  for (const FormatType& format : vocabulary.formats)
    formats.push_back({format.name, format.doc, format.later});
  option("input", sink.inputs,
         {.doc = "the streams it writes, in the order in which they come",
          .required = true,
          .example = "fraud"});
  option("fields", sink.fields,
         {.doc = "the fields to write, in this order; default: all", .example = "[tx_id, score]"});
  option("key", sink.key,
         {.doc = "the fields of the record key: they decide the partition", .example = "card"});
  const Rule format_rule{.doc = "what the bytes of a record are; default json", .example = "json"};
  option.component("format", formats, format_rule, [&](const Written& name, OptionVisitor& inside) {
    for (const FormatType& format : vocabulary.formats)
      if (format.name == name.text && format.make != nullptr) sink.format = format.make();
    sink.format_name = name.text;
    if (sink.format) sink.format->describe(inside);
  });
}

std::vector<OptionTree> sink_options(const SinkType& type, const Vocabulary& vocabulary) {
  return describe_options([&](OptionVisitor& option) {
    SinkConfig sink;
    describe_sink(option, sink, vocabulary);
    describe_kafka(option, sink.kafka, {});
    if (type.make != nullptr) type.make()->describe(option);
  });
}

SinkConfig read_sink(const YamlEntry& entry, ConfigReading& reading) {
  SinkConfig sink;
  sink.name = entry.key;
  check_name(entry.key, "a sink", reading.problems);
  OptionScope& scope = reading.root.child(fmt::format("sink `{}`", entry.key.text));
  OptionReader reader(&entry.value, entry.key.place, scope, reading.problems);
  const SinkType* type = read_type(reader, reading, reading.vocabulary.sinks, sink.type);
  if (type != nullptr) {
    sink.spec = type->make();
    scope.described = [type, &reading] { return sink_options(*type, reading.vocabulary); };
  } else {
    reader.ignore_unknown();
  }
  describe_sink(reader, sink, reading.vocabulary);
  sink.kafka = read_kafka(reader, reading);
  if (sink.spec) sink.spec->describe(reader);
  reader.finish();

  sink.resolved = dumped(with_default_format(reader.resolved(), sink.format_name, kDefaultFormat,
                                             sink.format, reading));
  return sink;
}

}  // namespace weir
