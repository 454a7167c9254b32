#include <gtest/gtest.h>

#include <cstdint>

#include "operators/drift/drift.h"
#include "operators/evaluate/evaluate.h"
#include "operators/features/features.h"
#include "operators/model/model.h"
#include "tests/harness/allocations.h"
#include "tests/harness/sanitized.h"
#include "tests/operators/operator_harness.h"

namespace weir {
namespace {

constexpr std::uint32_t kRows = 1'000;

/// Allocations of one more step of `kRows` rows, once all is warm: every field is the same number,
/// or the same text, too long for a string to hold in itself.
std::uint64_t allocations_of_a_steady_step(std::unique_ptr<OperatorSpec> spec,
                                           std::string_view options, Schema schema) {
  FakeBinding binding({{std::move(schema), true, "rows"}});
  binding.mistakes =
      read_options(options, [&](OptionVisitor& visitor) { spec->describe(visitor); });
  const auto plan = spec->bind(binding);
  EXPECT_TRUE(binding.mistakes.empty());
  Placement placement;
  for (const auto& output : binding.outputs) placement.needed.emplace_back(output.schema.size(), 1);
  const auto running = plan->make(placement);

  const std::vector<double> numbers(kRows, 1);
  std::vector<Column> columns(binding.input(0).size());
  const std::vector<std::string_view> texts(kRows, "a text of some thirty characters");
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (binding.input(0).fields[i].type == Type::text)
      columns[i] = texts.data();
    else
      columns[i] = numbers.data();
  }
  std::vector<std::uint32_t> positions(kRows);
  for (std::uint32_t i = 0; i < kRows; ++i) positions[i] = i;
  const Batch in{&binding.input(0), kRows, positions.data(), columns.data()};
  std::vector<Batch> out(binding.outputs.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i].schema = &binding.outputs[i].schema;
  Step step;
  std::uint64_t before = 0;
  for (std::int64_t round = 0; round < 25; ++round) {
    step.clear(static_cast<std::uint64_t>(round) * kRows);
    for (std::int64_t i = 0; i < kRows; ++i) {
      step.source.push_back(0);
      step.event_time.push_back(round * kRows + i);
      step.watermark.push_back(round * kRows + i);
      step.late.push_back(false);
    }
    before = allocations;
    running->process(step, {&in, 1}, out);
  }
  return allocations - before;
}

TEST(ModelOperator, AllocatesNothingOnTheSteadyPath) {
  if (engine_test::kSanitized) GTEST_SKIP() << "the sanitizers have an allocator of their own";
  EXPECT_EQ(allocations_of_a_steady_step(
                make_model(),
                R"({"input": "rows", "features": ["a", "b"], "target": "y",
                    "steps": ["standard_scaler", "logistic_regression"]})",
                {{{"a", Type::number}, {"b", Type::number}, {"y", Type::boolean}}}),
            0u);
}

TEST(Features, AllocatesNothingOnTheSteadyPath) {
  if (engine_test::kSanitized) GTEST_SKIP() << "the sanitizers have an allocator of their own";
  EXPECT_EQ(allocations_of_a_steady_step(
                make_features(),
                R"({"input": "rows", "key": "card", "aggregates": {
                      "mean": {"mean": "a", "over": 100}, "sum": {"sum": "a", "over": "1s"},
                      "before": {"lag": "card", "by": 3}, "past": {"lag": "card", "by": "1s"},
                      "last": {"last": "card", "over": "1s"}}})",
                {{{"a", Type::number}, {"card", Type::text}}}),
            0u);
}

TEST(DriftOperator, AllocatesNothingOnTheSteadyPath) {
  if (engine_test::kSanitized) GTEST_SKIP() << "the sanitizers have an allocator of their own";
  EXPECT_EQ(allocations_of_a_steady_step(make_drift(),
                                         R"({"input": "rows", "fields": ["a"],
                    "detector": {"mean_shift": {"reference": 200, "window": 50}}})",
                                         {{{"a", Type::number}}}),
            0u);
}

TEST(Evaluate, AllocatesNothingWithinAWindow) {
  if (engine_test::kSanitized) GTEST_SKIP() << "the sanitizers have an allocator of their own";
  EXPECT_EQ(allocations_of_a_steady_step(
                make_evaluate(),
                R"({"input": "rows", "metrics": ["accuracy", "log_loss", "kappa_temporal"],
                    "window": 100000})",
                {{{"prediction", Type::boolean},
                  {"score", Type::number},
                  {"label", Type::boolean},
                  {"label_delay", Type::number},
                  {"loss", Type::number}}}),
            0u);
}

}  // namespace
}  // namespace weir
