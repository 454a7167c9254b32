#pragma once

#include <string_view>

namespace weir::engine_test {

/// The pipeline that the budgets of speed and memory are about.
inline constexpr std::string_view kBudget = R"(
version: 1
pipeline: budget
sources:
  events:
    type: kafka
    topic: events
    format: json
    key: card
    time: ts
    fields: { card: text, a: number, b: number, c: number, d: number, good: boolean, ts: time }
operators:
  features:
    type: features
    input: events
    key: card
    aggregates:
      spent: { mean: a, over: 1h }
      count: { count: true, over: 1m }
    values: { ratio: a / spent, sum: b + c * d }
  model:
    type: model
    input: features
    features: [a, b, c, d, ratio, sum, count]
    target: good
    steps: [ impute: mean, standard_scaler, logistic_regression ]
  drift:
    type: drift
    input: features
    fields: [a]
    detector: { ks_test: { reference: 500, window: 100 } }
sinks:
  scored:
    type: kafka
    input: model
    topic: scored
    key: card
    fields: [card, ts, score, prediction]
  alerts: { type: kafka, input: drift, topic: alerts }
)";

}  // namespace weir::engine_test
