#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/core/operator.h"
#include "pipeline/core/state_visitors.h"
#include "tests/harness/read_options.h"
#include "tests/operators/fake_binding.h"
#include "tests/operators/fake_reporter.h"
#include "tests/operators/literal_rows.h"

namespace weir {

/// Runs one operator on literal rows, as the engine would: options from YAML, binding, steps of any
/// size, watermark = highest event time less `lateness`. The instance lives on between `run`s.
class OperatorBench {
 public:
  OperatorBench(std::unique_ptr<OperatorSpec> spec, std::string_view options,
                std::vector<FakeBinding::Port> ports)
      : spec_(std::move(spec)), binding_(std::move(ports)) {
    binding_.mistakes =
        read_options(options, [this](OptionVisitor& visitor) { spec_->describe(visitor); },
                     "operator `" + std::string(binding_.name()) + "`");
    if (binding_.mistakes.empty()) plan_ = spec_->bind(binding_);
    if (!ok()) return;
    for (const FakeBinding::Output& output : binding_.outputs)
      placement_.needed.emplace_back(output.schema.size(), true);
    for (std::size_t port = 0; port < binding_.ports(); ++port)  // each has a source of its own
      placement_.sources.push_back(
          {{static_cast<std::uint16_t>(port), std::string(binding_.edge(port))}});
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
  /// Says from which sources its ports are fed, in place of one each; starts over.
  void sources(std::vector<std::vector<PortSource>> of_ports) {
    placement_.sources = std::move(of_ports);
    restart();
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
    visit(hasher);
    return hasher.hash();
  }
  std::string save() {
    std::string bytes;
    StateWriter writer(bytes);
    visit(writer);
    return bytes;
  }
  /// A new instance with a saved state; sequence and clock continue where they are.
  void load(std::string_view bytes) {
    operator_ = plan_->make(placement_);
    StateReader reader(bytes);
    visit(reader);
    EXPECT_EQ(reader.left(), 0u) << "the state was not read to its end";
  }
  /// Nothing comes any more.
  void drain() { operator_->drained(); }
  FakeReporter report() const {
    FakeReporter reporter;
    operator_->report(reporter);
    return reporter;
  }

 private:
  /// All parts of the state.
  void visit(StateVisitor& visitor) {
    for (std::size_t part = 0; part < plan_->parts().size(); ++part)
      operator_->state(visitor, part);
  }
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
  Placement placement_{.shard = 0, .seed = 1, .needed = {}, .sources = {}};
  std::unique_ptr<Operator> operator_;
  Step step_;
  std::uint64_t sequence_ = 0;
  TestClock clock_;
};

}  // namespace weir
