#include "tests/pipeline/config/fake_operator.h"

#include <array>

namespace weir {
namespace {

constexpr std::array<Choice, 5> kSteps = {{{"impute", "replaces missing values"},
                                           {"one_hot", "a column for each text"},
                                           {"standard_scaler", "to mean 0, deviation 1"},
                                           {"logistic_regression", "learns yes or no"},
                                           {"hoeffding_tree", "a tree", "learners"}}};
constexpr std::array<Choice, 2> kDetectors = {
    {{"ks_test", "two samples"}, {"mean_shift", "Welch's test"}}};

void describe_step(const Written& name, OptionVisitor& option, FakeOperator::Step& step) {
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

}  // namespace

void FakeOperator::describe(OptionVisitor& option) {
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
  option.components("steps", kSteps, {.doc = "steps, then a learner"},
                    [&](const Written& name, OptionVisitor& inside) {
                      Step step;
                      describe_step(name, inside, step);
                      if (option.reading()) steps.push_back(step);
                    });
  option.component("detector", kDetectors, {.doc = "the test"},
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
  option.component_for("detectors", kDetectors, {.doc = "one for each"},
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

}  // namespace weir
