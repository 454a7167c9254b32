#include "tests/faults/small_pipeline.h"

#include <string>
#include <utility>

#include "tests/harness/changes.h"
#include "tests/harness/pipelines.h"

namespace weir::simulation {
namespace {

using engine_test::edited;

const std::string kSmall = "version: 1\npipeline: small\n" + std::string(engine_test::kEvents) + R"(
operators:
  bought: { type: filter, input: events, when: kind == "event" }
  labels: { type: filter, input: events, when: kind == "label" }
  spend:
    type: features
    input: bought
    key: card
    aggregates: { spent: { mean: amount, over: 10m }, count: { count: true, over: 1m } }
    values: { ratio: amount / spent }
  fraud:
    type: model
    input: spend
    features: [amount, ratio, count]
    target: good
    labels: { input: labels, match: id, wait: 20s, absent: true, early: 2s }
    steps: [ impute: mean, standard_scaler, logistic_regression ]
    fallback: 0.5
  drift:
    type: drift
    input: spend
    fields: [amount]
    detector: { mean_shift: { reference: 20, window: 10 } }
sinks:
  all: { type: kafka, input: fraud, topic: all, key: card, fields: [id, card, score, updates] }
  outcomes:
    type: kafka
    input: fraud.outcomes
    topic: outcomes
    key: card
    fields: [id, label, loss]
  alerts: { type: kafka, input: drift, topic: alerts }
)";

}  // namespace

std::vector<std::unique_ptr<Pipeline>> small_pipeline(const char* delivery) {
  const engine_test::Set usual = {{"sources.events.idle", "40ms"},
                                  {"engine.delivery", delivery},
                                  {"engine.batch_rows", "16"},
                                  {"engine.run_rows", "10"},
                                  {"engine.epoch", "2ms"},
                                  {"engine.snapshot_every", "15ms"},
                                  {"engine.snapshot_topic_every", "60ms"}};
  std::vector<std::unique_ptr<Pipeline>> versions;
  const auto add = [&](const std::string& yaml, engine_test::Set set) {
    set.insert(set.end(), usual.begin(), usual.end());
    versions.push_back(engine_test::read_pipeline(yaml, set));
  };
  add(kSmall, {});
  add(kSmall, {{"operators.drift.detector.mean_shift.window", "11"}});
  add(kSmall, {{"operators.fraud.threshold", "0.7"},
               {"operators.fraud.labels.wait", "30s"},
               {"operators.fraud.labels.max_waiting", "4"},
               {"sinks.outcomes.fields", "[id, card, country, label, loss]"}});
  add(edited(kSmall, "{ spent: {", "{ peak: { max: amount, over: 5m }, spent: {"), {});
  add(edited(kSmall, "logistic_regression ]", "logistic_regression: { learning_rate: 0.2 } ]"),
      {});
  return versions;
}

}  // namespace weir::simulation
