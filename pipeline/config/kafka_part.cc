#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "pipeline/config/part_reader.h"

namespace weir {
namespace {

/// Properties that exactly-once delivery depends on, and what to write instead.
struct OwnProperty {
  std::string_view name;
  std::string_view instead;
};
constexpr std::array<OwnProperty, 13> kOwn = {{
    {"group.id", "weir.<pipeline>"},
    {"transactional.id", "weir.<pipeline>.<shard>"},
    {"enable.idempotence", "always on"},
    {"isolation.level", "always read_committed"},
    {"auto.offset.reset", "a source's `start` says where the first run begins"},
    {"enable.auto.commit", "offsets are part of the epoch"},
    {"enable.auto.offset.store", "offsets are part of the epoch"},
    {"enable.partition.eof", "always on"},
    {"partitioner", "always murmur2_random, as in Java"},
    {"group.instance.id", "use `engine.instance`"},
    {"partition.assignment.strategy", "always range"},
    {"queue.buffering.max.messages", "an epoch bounds what is sent at once"},
    {"queue.buffering.max.kbytes", "an epoch bounds what is sent at once"},
}};

}  // namespace

void describe_kafka(OptionVisitor& option, KafkaProperties& kafka,
                    const std::vector<std::string>& secret) {
  const Rule rule{.doc = "properties for librdkafka, by its own names",
                  .example = "{ bootstrap.servers: localhost:9092 }",
                  .secret = true};  // a text in its place may hold a password
  option.entries("kafka", rule, [&](const Written& name, OptionVisitor& inside) {
    std::string value;
    const bool hidden =
        std::find(secret.begin(), secret.end(), name.text) != secret.end() || is_secret(name.text);
    inside("", value, {.doc = "the property's value", .secret = hidden});
    kafka[name.text] = std::move(value);
  });
}

KafkaProperties read_kafka(OptionReader& reader, ConfigReading& reading) {
  const YamlNode* node = reader.section("kafka");
  std::vector<std::string> substituted;
  if (node != nullptr)
    for (const YamlEntry& entry : node->entries)
      if (!entry.value.written.empty()) substituted.push_back(entry.key.text);
  KafkaProperties kafka;
  describe_kafka(reader, kafka, substituted);
  if (node == nullptr) return kafka;
  if (!node->map()) reading.problems.cut(node->place);
  for (const YamlEntry& entry : node->entries) {
    if (!entry.value.scalar()) reading.problems.cut(entry.value.place);
    const auto own = std::find_if(kOwn.begin(), kOwn.end(), [&](const OwnProperty& property) {
      return property.name == entry.key.text;
    });
    if (entry.value.scalar() && entry.value.text.empty() &&
        (entry.key.text == "bootstrap.servers" || entry.key.text == "metadata.broker.list"))
      reading.problems.error(entry.value.place,
                             fmt::format("`{}` is empty: name a broker, as in localhost:9092",
                                         entry.key.text));
    if (own != kOwn.end()) {
      reading.problems.error(
          entry.key.place,
          fmt::format("`{}` cannot be set: weir sets it itself ({})", own->name, own->instead));
    } else if (reading.vocabulary.kafka_property != nullptr && entry.value.scalar()) {
      const std::string wrong = reading.vocabulary.kafka_property(entry.key.text, entry.value.text);
      if (wrong.empty()) continue;
      reading.problems.error(entry.key.place, wrong);
      // What was meant may be a secret: `sasl.pasword`.
      if (!entry.value.text.empty()) reading.problems.cut(entry.value.place);
    }
  }
  return kafka;
}

}  // namespace weir
