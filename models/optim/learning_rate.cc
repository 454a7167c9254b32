#include "models/optim/learning_rate.h"

namespace weir {

void LearningRate::describe(OptionVisitor& option) {
  const Rule rule{.doc = "step size: constant, or falling with `power` or `decay`",
                  .example = "{ initial: 0.05, decay: 1e-4 }"};
  option.block("learning_rate", rule, [this](OptionVisitor& rate) {
    rate("initial", initial, {.doc = "the first step size", .min = 0});
    rate("power", power, {.doc = "initial / (t + 1)^power, t = updates", .min = 0, .max = 1});
    rate("decay", decay, {.doc = "initial / (1 + decay t), t = updates", .min = 0});
    if (rate.reading() && power && decay)
      rate.fail("decay", "use `power` or `decay`, not both");
  });
}

}  // namespace weir
