#include "models/chain.h"

#include <algorithm>
#include <utility>

#include "pipeline/core/check.h"

namespace weir {

Chain::Chain(std::vector<std::unique_ptr<Transformer>> transformers,
             std::unique_ptr<Learner> learner, const Columns& columns)
    : transformers_(std::move(transformers)), learner_(std::move(learner)) {
  row_.numbers.resize(columns.numbers);
}

Row& Chain::raw(const Features& features) const {
  check(features.numbers.size() <= row_.numbers.size(), "the features are those bound");
  std::ranges::copy(features.numbers, row_.numbers.begin());
  row_.texts = features.texts;
  row_.indicators.clear();
  row_.freed.clear();
  return row_;
}

bool Chain::predict_one(const Features& features, std::vector<double>& scores) const {
  Row& row = raw(features);
  for (const auto& transformer : transformers_) transformer->transform_one(row);
  return learner_->predict_one(row, scores);
}

void Chain::observe_one(const Features& features) {
  Row& row = raw(features);
  for (const auto& transformer : transformers_) transformer->observe_one(row);
  if (!row.freed.empty()) learner_->forget(row.freed);
}

bool Chain::learn_one(const Features& features, double y, double weight) {
  Row& row = raw(features);
  for (const auto& transformer : transformers_) transformer->transform_one(row);
  return learner_->learn_one(row, y, weight);
}

void Chain::report(Reporter& report) const {
  for (const auto& transformer : transformers_) transformer->report(report);
}

void Chain::state(StateVisitor& visit) {
  visit.version("model", 1);
  for (const auto& transformer : transformers_) visit(*transformer);
  visit(*learner_);
}

}  // namespace weir
