#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "models/learner.h"

namespace weir {

/// The spec of a linear learner: made from its options and the number of number columns. Indicator
/// columns get a weight when a row first has them.
template <class Kind>
class LinearSpec final : public LearnerSpec {
 public:
  void describe(OptionVisitor& option) override { options_.describe(option); }
  std::unique_ptr<Learner> make(std::size_t numbers, std::uint64_t) const override {
    return std::make_unique<Kind>(options_, numbers);
  }

 private:
  typename Kind::Options options_;
};

}  // namespace weir
