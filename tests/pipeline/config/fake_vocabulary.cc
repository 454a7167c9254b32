#include "tests/pipeline/config/fake_vocabulary.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "tests/pipeline/config/fake_operator.h"

namespace weir {
namespace {

/// A source with a topic.
class FakeSource final : public SourceSpec {
 public:
  std::string name;
  void describe(OptionVisitor& option) override {
    option("topic", name, {.doc = "the topic to read", .required = true});
  }
};

class FakeSink final : public SinkSpec {
 public:
  std::string name;
  void describe(OptionVisitor& option) override {
    option("topic", name, {.doc = "the topic to write", .required = true});
  }
};

class FakeFormat final : public FormatSpec {
 public:
  bool strict = false;
  void describe(OptionVisitor& option) override {
    option("strict", strict, {.doc = "refuse fields that nobody named"});
  }
  std::unique_ptr<Decoder> decoder(std::vector<FieldSpec>) const override { return nullptr; }
  std::unique_ptr<Encoder> encoder(const Schema&, std::vector<std::size_t>) const override {
    return nullptr;
  }
};

template <class Made, class Base>
std::unique_ptr<Base> make_fake() {
  return std::make_unique<Made>();
}

}  // namespace

const Vocabulary& fake_vocabulary() {
  static const std::array<SourceType, 2> sources = {
      {{"kafka", "reads a topic", "", make_fake<FakeSource, SourceSpec>},
       {"http", "listens", "later", nullptr}}};
  static const std::array<SinkType, 1> sinks = {
      {{"kafka", "writes a topic", "", make_fake<FakeSink, SinkSpec>}}};
  static const std::array<FormatType, 3> formats = {
      {{"json", "one object a record", "", make_fake<FakeFormat, FormatSpec>},
       {"csv", "cells", "", make_fake<FakeFormat, FormatSpec>},
       {"avro", "Confluent's wire format", "later", nullptr}}};
  static const std::array<OperatorType, 5> operators = {
      {{"features", "computes", "", make_fake<FakeOperator, OperatorSpec>},
       {"model", "learns", "", make_fake<FakeOperator, OperatorSpec>},
       {"evaluate", "measures", "", make_fake<FakeOperator, OperatorSpec>},
       {"drift", "watches", "", make_fake<FakeOperator, OperatorSpec>},
       {"alert", "tells", "later", nullptr}}};
  static const Vocabulary vocabulary = {
      sources, operators, sinks, formats, [](const std::string& name, const std::string& value) {
        if (name == "bootstrap.servers" || name == "sasl.password") return std::string();
        if (name != "linger.ms") return "No such configuration property: \"" + name + "\"";
        return value.find_first_not_of("0123456789") == std::string::npos
                   ? std::string()
                   : "Invalid value \"" + value + "\" for configuration property \"linger.ms\"";
      }};
  return vocabulary;
}

}  // namespace weir
