#include "connectors/kafka/kafka_connectors.h"

#include <string>

namespace weir {
namespace {

class KafkaSource final : public SourceSpec {
 public:
  void describe(OptionVisitor& option) override {
    option("topic", topic_,
           {.doc = "the topic to read", .required = true, .example = "transactions"});
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
  }
  std::string topic() const override { return topic_; }

 private:
  std::string topic_;
};

}  // namespace

std::unique_ptr<SourceSpec> make_kafka_source() { return std::make_unique<KafkaSource>(); }
std::unique_ptr<SinkSpec> make_kafka_sink() { return std::make_unique<KafkaSink>(); }

}  // namespace weir
