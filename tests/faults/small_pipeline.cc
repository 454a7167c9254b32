#include "tests/faults/small_pipeline.h"

#include <string>

#include "tests/harness/pipelines.h"

namespace weir::simulation {
namespace {

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
  std::vector<std::unique_ptr<Pipeline>> versions;
  for (const char* window : {"10", "11"}) {
    const engine_test::Set set = {{"operators.drift.detector.mean_shift.window", window},
                                  {"sources.events.idle", "40ms"},
                                  {"engine.delivery", delivery},
                                  {"engine.batch_rows", "16"},
                                  {"engine.run_rows", "10"},
                                  {"engine.epoch", "2ms"},
                                  {"engine.snapshot_every", "15ms"},
                                  {"engine.snapshot_topic_every", "60ms"}};
    versions.push_back(engine_test::read_pipeline(kSmall, set));
  }
  return versions;
}

}  // namespace weir::simulation
