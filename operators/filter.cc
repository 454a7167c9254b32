#include "operators/filter.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "operators/rows/passed_rows.h"

namespace weir {
namespace {

class Filter final : public Operator {
 public:
  Filter(Expression when, std::vector<bool> needed)
      : when_(std::move(when)), needed_(std::move(needed)) {}

  void process(Step& step, std::span<const Batch> inputs, std::span<Batch> outputs) override {
    const Batch& input = inputs[0];
    const Column passes =
        when_.evaluate({input.columns, input.schema->size()}, input.rows, step.arena, invalid_);
    const std::span<std::uint32_t> rows = step.arena.make<std::uint32_t>(input.rows);
    std::uint32_t passed = 0;
    for (std::uint32_t row = 0; row < input.rows; ++row) {
      rows[passed] = row;
      passed += passes.numbers()[row] == 1;  // missing is not true
    }
    rows_ += passed;
    dropped_ += input.rows - passed;
    pass_rows(input, rows.first(passed), needed_, step.arena, outputs[0]);
  }

  void state(StateVisitor&, std::size_t) override {}

  void report(Reporter& report) const override {
    report(metric::operator_rows_total, {"outcome", "passed"}, static_cast<double>(rows_));
    report(metric::operator_rows_total, {"outcome", "dropped"}, static_cast<double>(dropped_));
    report(metric::expression_invalid_total, static_cast<double>(invalid_));
  }

 private:
  Expression when_;
  std::vector<bool> needed_;
  // Since this program started: figures for people, no state.
  std::uint64_t rows_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t invalid_ = 0;
};

class FilterSpec final : public OperatorSpec {
 public:
  void describe(OptionVisitor& option) override {
    option("input", input_, {.doc = "the stream to filter", .required = true});
    option("when", when_,
           {.doc = "expression: rows for which it is true pass",
            .required = true,
            .example = "amount > 0 and country != 'XX'"});
  }
  std::vector<Written> inputs() const override { return {input_}; }
  std::unique_ptr<const OperatorPlan> bind(Binding& binding) const override {
    const std::optional<Expression> when = binding.expression(0, when_, Type::boolean);
    binding.output("", 0, {});
    if (!when) return nullptr;
    return plan_of([when = *when](const Placement& placement) {
      return std::make_unique<Filter>(when, placement.needed[0]);
    }, {});
  }

 private:
  Written input_;
  Written when_;
};

}  // namespace

std::unique_ptr<OperatorSpec> make_filter() { return std::make_unique<FilterSpec>(); }

}  // namespace weir
