#pragma once

#include <memory>
#include <vector>

#include "models/learner.h"
#include "models/model.h"
#include "models/transformer.h"

namespace weir {

/// Transformers one after another, then a learner: the model that ModelSpec makes.
///
/// Order of learning, as a River pipeline's: each transformer learns the row, changes it by what it
/// knows now, and hands it on; the learner learns a row transformed with the statistics of now. It
/// forgets an indicator column as soon as a step has given it to something else.
class Chain final : public Model {
 public:
  /// `columns`: those after the last transformer.
  Chain(std::vector<std::unique_ptr<Transformer>> transformers, std::unique_ptr<Learner> learner,
        const Columns& columns);

  bool predict_one(const Features& features, std::vector<double>& scores) const override;
  void observe_one(const Features& features) override;
  bool learn_one(const Features& features, double y, double weight) override;
  std::size_t classes() const override { return learner_->classes(); }
  std::uint64_t restored() const override { return learner_->restored(); }
  double rate_factor() const override { return learner_->rate_factor(); }
  void report(Reporter& report) const override;
  void state(StateVisitor& visit) override;

 private:
  /// The features as a row for the first step.
  Row& raw(const Features& features) const;

  std::vector<std::unique_ptr<Transformer>> transformers_;
  std::unique_ptr<Learner> learner_;
  mutable Row row_;  // scratch; its length is that of the columns after the last step
};

}  // namespace weir
