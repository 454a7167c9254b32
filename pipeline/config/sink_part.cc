#include "pipeline/config/part_reader.h"

namespace weir {

void describe_sink(OptionVisitor& option, SinkConfig& sink, const Vocabulary& vocabulary) {
  option("input", sink.inputs,
         {.doc = "the streams it writes; at one row, in this order",
          .required = true,
          .example = "fraud"});
  option("fields", sink.fields,
         {.doc = "the fields to write, in this order; default: all", .example = "[tx_id, score]"});
  option("key", sink.key,
         {.doc = "the fields of the record key: they decide the partition", .example = "card"});
  describe_format(option, sink.format_name, sink.format, true, vocabulary);
}

std::vector<OptionTree> sink_options(const SinkType& type, const Vocabulary& vocabulary) {
  return describe_options([&](OptionVisitor& option) {
    SinkConfig sink;
    describe_sink(option, sink, vocabulary);
    if (type.make != nullptr) type.make()->describe(option);
  });
}

SinkConfig read_sink(const YamlEntry& entry, ConfigReading& reading) {
  SinkConfig sink;
  const Json resolved = read_part(sink, entry, "sink", reading.vocabulary.sinks, describe_sink,
                                  sink_options, reading);

  const std::string_view own = sink.spec ? sink.spec->format() : std::string_view{};
  sink.resolved = dumped(with_default_format(resolved, sink.format_name,
                                             own.empty() ? kDefaultFormat : own, sink.format, true,
                                             reading));
  return sink;
}

}  // namespace weir
