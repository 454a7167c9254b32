#include "operators/model/model.h"

#include <memory>
#include <optional>

#include "operators/model/model_binding.h"
#include "operators/model/model_operator.h"
#include "operators/model/model_options.h"

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
  void bind(Binding& binding) override { plan_ = bind_model(binding, options_); }
  std::unique_ptr<Operator> make(const Placement& placement) const override {
    return std::make_unique<ModelOperator>(*plan_, options_.steps->make(placement.seed), placement);
  }
  std::uint32_t logic() const override { return 3 + options_.steps->logic(); }

 private:
  ModelOptions options_;
  std::optional<ModelPlan> plan_;
};

}  // namespace

std::unique_ptr<OperatorSpec> make_model() { return std::make_unique<ModelOperatorSpec>(); }

}  // namespace weir
