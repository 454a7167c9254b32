#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/config/vocabulary.h"

namespace weir {

// Components as small as they can be with every kind of option: what the tests of the config reader
// read. Their options are those of the real ones that deploy/examples/fraud.yaml uses, and a few
// more.

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

/// An operator with an option of every kind.
class FakeOperator final : public OperatorSpec {
 public:
  struct Step {
    std::string name;
    std::string with = "mean";
    std::size_t max = 100;
    double initial = 0.01;
    std::optional<double> decay;
  };
  struct Aggregate {
    std::string name;
    std::optional<Written> mean, count;
    Extent over;
  };

  std::vector<Written> input;
  std::vector<Written> key;
  std::optional<Written> target;
  std::optional<Literal> fallback;
  double threshold = 0.5;
  std::size_t window = 1000;
  std::size_t after = 0;
  Extent every{Extent::Unit::rows, 0};
  Duration wait{0};
  bool has_labels = false;
  std::string method = "auto";
  bool baseline = false;
  std::string token;
  std::vector<Written> features;
  std::vector<Written> fields;
  std::vector<Written> metrics;
  std::vector<Step> steps;
  std::string detector;
  std::vector<std::pair<std::string, std::string>> detectors;
  Written match;
  std::vector<Aggregate> aggregates;
  std::vector<std::pair<std::string, Written>> values;

  void describe(OptionVisitor& option) override;
  std::vector<Written> inputs() const override { return input; }
  std::unique_ptr<const OperatorPlan> bind(Binding&) const override { return nullptr; }
};

inline constexpr std::array<Choice, 5> kFakeSteps = {{{"impute", "replaces missing values"},
                                                      {"one_hot", "a column for each text"},
                                                      {"standard_scaler", "to mean 0, deviation 1"},
                                                      {"logistic_regression", "learns yes or no"},
                                                      {"hoeffding_tree", "a tree", "learners"}}};
inline constexpr std::array<Choice, 2> kFakeDetectors = {
    {{"ks_test", "two samples"}, {"mean_shift", "Welch's test"}}};

inline void describe_fake_step(const Written& name, OptionVisitor& option,
                               FakeOperator::Step& step) {
  step.name = name.text;
  if (name.text == "impute")
    option("with", step.with, {.doc = "what replaces it", .choices = "mean|zero|constant"});
  if (name.text == "one_hot") option("max", step.max, {.doc = "columns", .min = 1, .max = 10'000});
  if (name.text == "logistic_regression")
    option.block("learning_rate", {.doc = "the step size"}, [&](OptionVisitor& rate) {
      rate("initial", step.initial, {.doc = "the first", .min = 0});
      rate("decay", step.decay, {.doc = "how it falls", .min = 0});
    });
}

inline void FakeOperator::describe(OptionVisitor& option) {
  option("input", input, {.doc = "the stream to read", .required = true});
  option("key", key, {.doc = "one of me per key"});
  option("features", features, {.doc = "the features, in order"});
  option("fields", fields, {.doc = "the fields to watch"});
  option("target", target, {.doc = "the field to learn"});
  option("fallback", fallback, {.doc = "served without a score"});
  option("threshold", threshold, {.doc = "true above it", .min = 0, .max = 1});
  option("window", window, {.doc = "rows of a window", .min = 2});
  option("after", after, {.doc = "rows to let pass first"});
  option("every", every, {.doc = "rows or time between two outputs"});
  option("method", method, {.doc = "of the test", .choices = "auto|exact|asymptotic"});
  option("baseline", baseline, {.doc = "the last label beside it"});
  option("token", token, {.doc = "for a service", .secret = true});
  option("false_alarms", token, {.doc = "how many", .later = "later"});
  option("metrics", metrics, {.doc = "what to compute", .choices = "log_loss|roc_auc|f1"});
  if (option.reading()) steps.clear();
  option.components("steps", kFakeSteps, {.doc = "steps, then a learner"},
                    [&](const Written& name, OptionVisitor& inside) {
                      Step step;
                      describe_fake_step(name, inside, step);
                      if (option.reading()) steps.push_back(step);
                    });
  option.component("detector", kFakeDetectors, {.doc = "the test"},
                   [&](const Written& name, OptionVisitor& inside) {
                     if (option.reading()) detector = name.text;
                     std::size_t reference = 500, rows = 50;
                     double alpha = 0.01;
                     inside("reference", reference, {.doc = "values", .min = 2});
                     inside("window", rows, {.doc = "values", .min = 2});
                     if (name.text == "ks_test")
                       inside("alpha", alpha, {.doc = "level", .min = 0, .max = 1});
                     if (inside.reading() && rows > reference)
                       inside.fail("window", "must not be longer than the reference");
                   });
  option.component_for("detectors", kFakeDetectors, {.doc = "one for each"},
                       [&](const Written& owner, const Written& name, OptionVisitor& inside) {
                         std::size_t rows = 50;
                         inside("window", rows, {.doc = "values", .min = 2});
                         if (option.reading()) detectors.emplace_back(owner.text, name.text);
                       });
  option.entries("match", {.doc = "a field, or { mine: theirs }"},
                 [&](const Written& mine, OptionVisitor& inside) {
                   Written theirs;
                   inside("theirs", theirs, {.doc = "its name there"});
                   if (option.reading()) match = mine;
                 });
  has_labels = option.block("labels", {.doc = "a stream of labels"}, [&](OptionVisitor& labels) {
    Written labels_input, id;
    std::optional<Literal> absent;
    labels("input", labels_input, {.doc = "the stream", .required = true});
    labels("match", id, {.doc = "the field of both", .required = true});
    labels("wait", wait, {.doc = "how long", .min = 1});
    labels("absent", absent, {.doc = "the label when none comes"});
  });
  option.entries("aggregates", {.doc = "over earlier rows of the key"},
                 [&](const Written& name, OptionVisitor& inside) {
                   Aggregate one{name.text, {}, {}, {}};
                   inside("mean", one.mean, {.doc = "of an expression"});
                   inside("count", one.count, {.doc = "of rows where it is true"});
                   inside("over", one.over, {.doc = "rows, time or all", .required = true});
                   if (option.reading()) aggregates.push_back(one);
                 });
  option.entries("values", {.doc = "expressions"}, [&](const Written& name, OptionVisitor& inside) {
    Written expression;
    inside("", expression, {.doc = "an expression", .required = true});
    if (option.reading()) values.emplace_back(name.text, expression);
  });
}

template <class Made, class Base>
std::unique_ptr<Base> make_fake() {
  return std::make_unique<Made>();
}

inline const Vocabulary& fake_vocabulary() {
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
