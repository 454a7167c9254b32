#include "connectors/kafka/kafka_connectors.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace weir {
namespace {

// Kafka's own rule for the names of topics.
constexpr std::size_t kLongestTopic = 249;

bool in_topic(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

/// What is wrong with a topic's name; empty: nothing.
std::string_view wrong_topic(std::string_view topic) {
  if (topic.empty()) return "the name of a topic is empty";
  if (topic.find("${") != topic.npos) return {};  // a variable without a value, which is reported
  if (topic.starts_with('^'))
    return "one topic by its name: patterns are not available; name each topic in a source of its "
           "own";
  if (topic == "." || topic == "..") return "no topic can have the name `.` or `..`";
  if (topic.size() > kLongestTopic) return "the name of a topic has at most 249 characters";
  if (!std::ranges::all_of(topic, in_topic))
    return "the name of a topic has letters (A to Z), digits, `.`, `_` and `-` only";
  return {};
}

void check_topic(OptionVisitor& option, std::string_view topic) {
  const std::string_view wrong = wrong_topic(topic);
  if (!wrong.empty()) option.fail("topic", std::string(wrong));
}

class KafkaSource final : public SourceSpec {
 public:
  void describe(OptionVisitor& option) override {
    option("topic", topic_,
           {.doc = "the topic to read", .required = true, .example = "transactions"});
    check_topic(option, topic_);
  }
  std::string topic() const override { return topic_; }

 private:
  std::string topic_;
};

class KafkaSink final : public SinkSpec {
 public:
  void describe(OptionVisitor& option) override {
    option("topic", topic_,
           {.doc = "the topic to write", .required = true, .example = "predictions"});
    check_topic(option, topic_);
    option("headers", headers_,
           {.doc = "pass: records get the headers of the record that their row comes from",
            .choices = "none|pass"});
  }
  std::string topic() const override { return topic_; }
  bool passes_headers() const override { return headers_ == "pass"; }

 private:
  std::string topic_;
  std::string headers_ = "none";
};

}  // namespace

std::unique_ptr<SourceSpec> make_kafka_source() { return std::make_unique<KafkaSource>(); }
std::unique_ptr<SinkSpec> make_kafka_sink() { return std::make_unique<KafkaSink>(); }

}  // namespace weir
