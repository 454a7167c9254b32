#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "pipeline/core/operator.h"
#include "pipeline/core/state_visitors.h"
#include "tests/operators/json_options.h"
#include "tests/operators/literal_rows.h"

namespace weir {

/// What an operator is bound to in a test: ports with schemas; remembers what the operator said.
class FakeBinding final : public Binding {
 public:
  struct Port {
    Schema schema;
    bool timed = true;
    std::string edge = "input";
    StreamRole role = {};
  };
  struct Output {
    std::string name;
    Schema schema;
    StreamRole role;
  };

  explicit FakeBinding(std::vector<Port> ports) : ports_(std::move(ports)) {}

  std::string_view name() const override { return "under_test"; }
  std::string_view pipeline() const override { return "tests"; }
  Place place() const override { return {1, 1}; }
  std::size_t ports() const override { return ports_.size(); }
  const Schema& input(std::size_t port) const override { return ports_[port].schema; }
  std::string_view edge(std::size_t port) const override { return ports_[port].edge; }
  const StreamRole& role(std::size_t port) const override { return ports_[port].role; }
  bool timed(std::size_t port) const override { return ports_[port].timed; }

  std::optional<std::size_t> field(std::size_t port, const Written& written) override {
    const std::optional<std::size_t> found = ports_[port].schema.find(written.text);
    if (!found) mistakes.push_back("no field " + written.text);
    if (found) read(port, *found);
    return found;
  }
  void read(std::size_t port, std::size_t field) override { reads.emplace_back(port, field); }
  void require(std::size_t port, std::size_t field) override { required.emplace_back(port, field); }
  void label(std::size_t port, std::size_t field) override { labels.emplace_back(port, field); }

  using Binding::expression;
  std::optional<Expression> expression(std::size_t port, const Schema& scope, const Written& text,
                                       std::optional<Type> wanted) override {
    std::variant<Expression, ExpressionError> compiled = compile_expression(text.text, scope);
    if (const auto* wrong = std::get_if<ExpressionError>(&compiled)) {
      mistakes.push_back(wrong->message);
      return std::nullopt;
    }
    Expression& expression = std::get<Expression>(compiled);
    if (wanted && expression.type() != *wanted) {
      mistakes.push_back("`" + text.text + "` is " + std::string(type_name(expression.type())) +
                         ", not " + std::string(type_name(*wanted)));
      return std::nullopt;
    }
    for (std::size_t used : expression.fields())
      if (used < ports_[port].schema.size()) read(port, used);
    return std::move(expression);
  }

  using Binding::output;
  void output(std::string_view name, std::optional<std::size_t> passes, std::vector<Field> own,
              StreamRole role) override {
    Output output{std::string(name), passes ? ports_[*passes].schema : Schema{}, std::move(role)};
    for (Field& field : own) {
      if (output.schema.find(field.name)) mistakes.push_back("field twice: " + field.name);
      output.schema.fields.push_back(std::move(field));
    }
    outputs.push_back(std::move(output));
  }

  void error(Place, const std::string& message) override { mistakes.push_back(message); }
  void warning(Place, const std::string& message) override { warnings.push_back(message); }

  std::vector<std::string> mistakes, warnings;
  std::vector<std::pair<std::size_t, std::size_t>> reads, required, labels;  // (port, field)
  std::vector<Output> outputs;

 private:
  std::vector<Port> ports_;
};

/// Collects what an operator reports: `name` or `name{label}`.
class FakeReporter final : public Reporter {
 public:
  void value(const MetricName& metric, std::span<const MetricLabel> labels,
             double number) override {
    std::string name(metric.name);
    for (const MetricLabel& label : labels) name += "{" + std::string(label.value) + "}";
    values.emplace_back(std::move(name), number);
  }
  void histogram(const MetricName&, std::span<const MetricLabel>, const Histogram&) override {}

  double operator[](std::string_view name) const {
    for (const auto& [known, number] : values)
      if (known == name) return number;
    return kMissing;
  }

  std::vector<std::pair<std::string, double>> values;
};

/// Runs one operator on literal rows, as the engine would: options from JSON, binding, steps of any
/// size, watermark = highest event time less `lateness`. The instance lives on between `run`s.
class OperatorBench {
 public:
  OperatorBench(std::unique_ptr<OperatorSpec> spec, std::string_view options,
                std::vector<FakeBinding::Port> ports)
      : spec_(std::move(spec)), binding_(std::move(ports)) {
    binding_.mistakes =
        read_options(options, [this](OptionVisitor& visitor) { spec_->describe(visitor); });
    if (binding_.mistakes.empty()) plan_ = spec_->bind(binding_);
    if (!ok()) return;
    for (const FakeBinding::Output& output : binding_.outputs)
      placement_.needed.emplace_back(output.schema.size(), true);
    restart();
  }

  bool ok() const { return binding_.mistakes.empty(); }
  const std::vector<std::string>& mistakes() const { return binding_.mistakes; }
  const FakeBinding& binding() const { return binding_; }
  OperatorSpec& spec() { return *spec_; }
  Operator& running() { return *operator_; }

  /// Says that nobody reads a field of an output; takes effect at the next `restart`.
  void unread(std::size_t output, std::string_view field) {
    placement_.needed[output][*binding_.outputs[output].schema.find(field)] = false;
  }
  /// A new, cold instance; the clock starts over too.
  void restart() {
    operator_ = plan_->make(placement_);
    sequence_ = 0;
    clock_ = {};
  }

  /// Processes the rows in steps of `batch_rows`; returns the rows of every output.
  std::vector<std::vector<OutputRow>> run(const std::vector<InputRow>& rows,
                                          std::size_t batch_rows = 4096,
                                          std::int64_t lateness = 0) {
    std::vector<std::vector<OutputRow>> out(binding_.outputs.size());
    for (std::size_t at = 0; at < rows.size(); at += batch_rows)
      step(std::span(rows).subspan(at, std::min(batch_rows, rows.size() - at)), lateness, out);
    return out;
  }

  /// The same, of the main output only.
  std::vector<OutputRow> main_rows(const std::vector<InputRow>& rows, std::size_t batch_rows = 4096,
                                   std::int64_t lateness = 0) {
    return std::move(run(rows, batch_rows, lateness).at(0));
  }

  std::uint64_t state_hash() {
    StateHasher hasher;
    operator_->state(hasher);
    return hasher.hash();
  }
  std::string save() {
    std::string bytes;
    StateWriter writer(bytes);
    operator_->state(writer);
    return bytes;
  }
  /// A new instance with a saved state; sequence and clock go on where they are.
  void load(std::string_view bytes) {
    operator_ = plan_->make(placement_);
    StateReader reader(bytes);
    operator_->state(reader);
    EXPECT_EQ(reader.left(), 0u) << "the state was not read to its end";
  }
  FakeReporter report() const {
    FakeReporter reporter;
    operator_->report(reporter);
    return reporter;
  }

 private:
  void step(std::span<const InputRow> rows, std::int64_t lateness,
            std::vector<std::vector<OutputRow>>& out) {
    fill_step(step_, rows, sequence_, clock_, lateness);
    sequence_ += rows.size();
    std::vector<Batch> inputs;
    for (std::size_t port = 0; port < binding_.ports(); ++port)
      inputs.push_back(batch_of(binding_.input(port), rows, port, step_.arena));
    std::vector<Batch> outputs(binding_.outputs.size());
    for (std::size_t i = 0; i < outputs.size(); ++i)
      outputs[i].schema = &binding_.outputs[i].schema;
    operator_->process(step_, inputs, outputs);
    for (std::size_t i = 0; i < outputs.size(); ++i) append_rows(outputs[i], step_, out[i]);
  }

  std::unique_ptr<OperatorSpec> spec_;
  FakeBinding binding_;
  std::unique_ptr<const OperatorPlan> plan_;
  Placement placement_{.shard = 0, .seed = 1, .needed = {}};
  std::unique_ptr<Operator> operator_;
  Step step_;
  std::uint64_t sequence_ = 0;
  TestClock clock_;
};

}  // namespace weir
