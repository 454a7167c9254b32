#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/registry.h"
#include "operators/registry.h"
#include "pipeline/config/config.h"
#include "pipeline/graph/graph.h"
#include "pipeline/graph/pipeline.h"

/// Real pipelines from text.
namespace weir::engine_test {

using Set = std::vector<std::pair<std::string, std::string>>;

inline Vocabulary vocabulary() {
  return {source_types(), operator_types(), sink_types(), format_types(), nullptr};
}

/// The pipeline of a text; throws what is wrong with it.
inline std::unique_ptr<Pipeline> read_pipeline(const std::string& yaml, const Set& set = {}) {
  const ConfigInput input{.file = "test.yaml", .text = yaml, .set = set, .environment = {}};
  Problems problems(input.file, input.text);
  auto pipeline = weir::read_pipeline(input, vocabulary(), problems);
  if (!pipeline->graph) throw std::runtime_error(problems.render());
  return pipeline;
}

/// Everything that is said about a text.
inline std::string said_about(const std::string& yaml, const Set& set = {}) {
  const ConfigInput input{.file = "test.yaml", .text = yaml, .set = set, .environment = {}};
  Problems problems(input.file, input.text);
  const Config config = read_config(input, vocabulary(), problems);
  bind_graph(config, problems);
  return problems.render();
}

inline std::unique_ptr<FormatSpec> format_named(std::string_view name) {
  for (const FormatType& type : format_types())
    if (type.name == name) return type.make();
  return nullptr;
}

inline constexpr std::string_view kEvents = R"(
sources:
  events:
    type: kafka
    topic: events
    format: json
    key: card
    time: ts
    lateness: 5s
    idle: 1h
    ahead: 1h
    fields:
      { kind: text, id: text, card: text, amount: number, country: text, good: boolean, ts: time }
)";

/// One source goes two ways and comes together again; a filter stands before timers: rows wait for
/// labels, and time comes to them from records that they never see.
inline const std::string kDiamond = "version: 1\npipeline: diamond\n" + std::string(kEvents) + R"(
operators:
  bought: { type: filter, input: events, when: kind == "event" }
  labels: { type: filter, input: events, when: kind == "label" }
  spend:
    type: features
    input: bought
    key: card
    aggregates:
      spent: { mean: amount, over: 10m }
      spread: { std: amount }
      count: { count: true, over: 1m }
      abroad: { count: country != "de", over: 30m }
      previous: { lag: amount, by: 2 }
    values:
      ratio: amount / spent
      change: log1p(abs(amount - previous))
  large: { type: filter, input: spend, when: amount > 9000 }
  large_spend:
    type: features
    input: large
    key: [card, kind]
    aggregates:
      large_1h: { count: true, over: 1h }
      largest: { max: amount }
    values: { share: spent / largest }
  fraud:
    type: model
    input: spend
    features: [amount, ratio, change, count, abroad, country]
    target: good
    labels: { input: labels, match: id, wait: 20s, absent: true, early: 2s }
    steps:
      - impute: mean
      - one_hot: { max: 8 }
      - standard_scaler
      - logistic_regression: { learning_rate: { initial: 0.05, decay: 1e-4 } }
    fallback: 0.5
  large_fraud:
    type: model
    input: large_spend
    features: [amount, large_1h, largest, share]
    target: good
    labels: { input: labels, match: id, wait: 1m, rows: last, late: learn }
    steps: [ impute: mean, standard_scaler, logistic_regression ]
  quality:
    type: evaluate
    input: fraud.outcomes
    metrics: [accuracy, log_loss, roc_auc]
    window: 100
  drift:
    type: drift
    input: spend
    fields: [amount, count]
    detector: { ks_test: { reference: 60, window: 30, alpha: 0.05 } }
  loss_drift:
    type: drift
    input: fraud.outcomes
    fields: [loss]
    detector: { mean_shift: { reference: 50, window: 20, drift_t: 3, warning_t: 2 } }
sinks:
  all:
    type: kafka
    input: [fraud, large_fraud]
    topic: all
    key: card
    fields: [id, card, score, prediction, updates]
  features: { type: kafka, input: large_spend, topic: features, key: card }
  outcomes:
    type: kafka
    input: [large_fraud.outcomes, fraud.outcomes]
    topic: outcomes
    key: card
    fields: [id, card, label, label_delay, loss]
  alerts: { type: kafka, input: [drift, loss_drift], topic: alerts }
  quality: { type: kafka, input: quality, topic: quality }
)";

}  // namespace weir::engine_test
