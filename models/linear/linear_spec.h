#pragma once

#include <memory>

#include "models/learner.h"

namespace weir {

/// The spec of a linear learner: made from its options and the number of number columns. Indicator
/// columns get a weight when a row first has them.
template <class Kind>
class LinearSpec final : public LearnerSpec {
 public:
  void describe(OptionVisitor& option) override { options_.describe(option); }
  std::unique_ptr<Learner> make(const LearnerInput& input) const override {
    return std::make_unique<Kind>(options_, input.columns.numbers);
  }

 private:
  typename Kind::Options options_;
};

}  // namespace weir
