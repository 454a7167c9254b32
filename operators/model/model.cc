#include "operators/model/model.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "operators/model/model_binding.h"
#include "operators/model/model_operator.h"
#include "operators/model/model_options.h"
#include "operators/model/model_parts.h"

namespace weir {
namespace {

class ModelOperatorSpec final : public OperatorSpec {
 public:
  void describe(OptionVisitor& option) override { options_.describe(option); }
  std::vector<Written> inputs() const override {
    std::vector<Written> edges{options_.input};
    if (options_.labels) edges.push_back(options_.labels->input);
    return edges;
  }
  PortRole port_role(std::size_t port) const override {
    return port == 0 ? PortRole::rows : PortRole::labels;
  }
  std::unique_ptr<const OperatorPlan> bind(Binding& binding) const override {
    std::optional<ModelPlan> plan = bind_model(binding, options_);
    if (!plan) return nullptr;
    const ModelSpec& steps = *options_.steps;
    std::vector<StatePart> parts = state_parts(binding, options_, *plan);
    return plan_of(
        [plan = std::move(*plan), &steps](const Placement& placement) {
          return std::make_unique<ModelOperator>(plan, steps.make(placement.seed), placement);
        },
        std::move(parts));
  }
  std::uint32_t logic() const override { return 4 + options_.steps->logic(); }

 private:
  ModelOptions options_;
};

}  // namespace

std::unique_ptr<OperatorSpec> make_model() { return std::make_unique<ModelOperatorSpec>(); }

}  // namespace weir
