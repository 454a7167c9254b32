#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/harness/pipelines.h"

/// An operator that some rows are deadly for.
namespace weir::engine_test {

/// What the operator `deadly` does about a row, by its field `id`.
inline std::function<void(std::string_view id)> deadly_row;

/// Passes all rows through, and counts them.
class Deadly final : public Operator {
 public:
  explicit Deadly(std::size_t id) : id_(id) {}
  void process(Step&, std::span<const Batch> inputs, std::span<Batch> outputs) override {
    const Batch& input = inputs[0];
    for (std::uint32_t row = 0; row < input.rows; ++row)
      if (deadly_row) deadly_row(input.columns[id_].texts()[row]);
    rows_ += input.rows;
    outputs[0].rows = input.rows;
    outputs[0].positions = input.positions;
    outputs[0].columns = input.columns;
  }
  void state(StateVisitor& visit, std::size_t) override { visit(rows_); }

 private:
  std::size_t id_;
  std::uint64_t rows_ = 0;
};

class DeadlySpec final : public OperatorSpec {
 public:
  void describe(OptionVisitor& option) override {
    option("input", input_, {.doc = "the stream to pass", .required = true});
    option("id", field_, {.doc = "the field that tells the rows apart", .required = true});
  }
  std::vector<Written> inputs() const override { return {input_}; }
  std::unique_ptr<const OperatorPlan> bind(Binding& binding) const override {
    const std::size_t id = binding.field(0, field_).value_or(0);
    binding.output("", 0, {});
    return plan_of([id](const Placement&) { return std::make_unique<Deadly>(id); });
  }

 private:
  Written input_, field_;
};

inline Vocabulary deadly_vocabulary() {
  static const std::vector<OperatorType> operators = [] {
    const auto known = operator_types();
    std::vector<OperatorType> all(known.begin(), known.end());
    all.push_back({"deadly", "kills", "", []() -> std::unique_ptr<OperatorSpec> {
                     return std::make_unique<DeadlySpec>();
                   }});
    return all;
  }();
  Vocabulary all = vocabulary();
  all.operators = operators;
  return all;
}

inline const std::string kDeadly = "version: 1\npipeline: deadly\n" + std::string(kEvents) + R"(
operators:
  deadly: { type: deadly, input: events, id: id }
  spend:
    type: features
    input: deadly
    key: card
    aggregates: { spent: { mean: amount, over: 10m }, count: { count: true, over: all } }
sinks:
  all: { type: kafka, input: spend, topic: all, key: card, fields: [id, card, spent, count] }
)";

inline std::unique_ptr<Pipeline> read_deadly(const std::string& yaml, const Set& set = {}) {
  const ConfigInput input{.file = "test.yaml", .text = yaml, .set = set, .environment = {}};
  Problems problems(input.file, input.text);
  auto pipeline = weir::read_pipeline(input, deadly_vocabulary(), problems);
  if (!pipeline->graph) throw std::runtime_error(problems.render());
  return pipeline;
}

}  // namespace weir::engine_test
