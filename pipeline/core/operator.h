#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/core/batch.h"
#include "pipeline/core/binding.h"
#include "pipeline/core/metrics.h"
#include "pipeline/core/options.h"
#include "pipeline/core/state.h"
#include "pipeline/core/state_part.h"
#include "pipeline/core/step.h"

namespace weir {

/// A running node of the graph, one instance per shard. Its outputs and its state are a function
/// of its input's recorded order alone: no clock, and no randomness but that of its seed.
class Operator {
 public:
  virtual ~Operator() = default;

  /// Takes one step: a batch per port (perhaps without rows), in the order of the ports. Fills
  /// `outputs`, one per bound output; their schemas are already set. Called once for every step,
  /// even if no port has rows, because time may have passed (`step.watermark`).
  /// The positions of an output never go back.
  virtual void process(Step& step, std::span<const Batch> inputs, std::span<Batch> outputs) = 0;

  /// Visits what must survive a restart, one part at a time: `part` is an index of the plan's
  /// `parts()`. Parts are loaded in that order, into a new instance; one that is not loaded begins
  /// cold.
  virtual void state(StateVisitor& visit, std::size_t part) = 0;

  /// Shows every sealed part of the state to `sink`, and touches nothing else. An operator with
  /// sealed parts must override this, or no snapshot can be taken of it.
  virtual void sealed(SealedSink& /*sink*/) {}

  /// The event time (ms) of the earliest pending timer, if there is one. When every partition is
  /// idle, a tick advances the watermark to it in due time.
  virtual std::optional<std::int64_t> next_timer() const { return std::nullopt; }

  /// Replay, at its end: no record comes any more and time has passed until no timer was pending.
  /// What waits all the same is given up.
  virtual void drained() {}

  /// Reports its figures. Called between steps, about once a second.
  virtual void report(Reporter&) const {}

  /// Reports its figures over the whole run (`replay --json`).
  virtual void summary(Reporter&) const {}

  /// Carries out a command between steps and in the recorded order, so that a replay repeats it
  /// (`freeze`). Returns whether it knows the command; if not, nothing changes.
  virtual bool command(std::string_view /*name*/) { return false; }
};

/// A source whose records reach a port of an operator.
struct PortSource {
  std::uint16_t index = 0;  // in Step::source
  std::string name = {};
};

/// Where an operator's instance runs, and which of its outputs are read.
struct Placement {
  std::uint32_t shard = 0;
  /// Of (pipeline, operator, shard).
  std::uint64_t seed = 0;
  /// Of the operator's type, options, fields used and arithmetic.
  std::uint64_t fingerprint = 0;
  /// For each output, for each field of its schema: whether anyone reads it. Columns that nobody
  /// reads may be left null.
  std::vector<std::vector<bool>> needed;
  /// For each port, the sources whose records reach it, perhaps through other operators.
  std::vector<std::vector<PortSource>> sources = {};
};

/// What an operator reads a port for. It decides the order in which replay takes records of several
/// files whose event times are equal, the first of these first.
enum class PortRole : std::uint8_t {
  table,  // rows of another port look it up, and find what has their own time
  rows,
  labels  // of the rows of another port, which are to be there before them
};

/// An operator put together: what all its instances do. Immutable and shared by the shards.
class OperatorPlan {
 public:
  virtual ~OperatorPlan() = default;
  /// A new instance without state. May be called from several threads at once.
  virtual std::unique_ptr<Operator> make(const Placement& placement) const = 0;
  /// The parts of its state; none: it has no state. A part that names no fact depends on the
  /// operator as a whole: its type, its options, the fields that it reads.
  virtual std::vector<StatePart> parts() const { return {{"state", {}}}; }
};

/// A plan whose instances `make(placement)` builds: a function that may be called from several
/// threads at once, and owns what it needs or borrows it from the spec.
template <class Make>
std::unique_ptr<const OperatorPlan> plan_of(Make make,
                                            std::vector<StatePart> parts = {{"state", {}}}) {
  class Plan final : public OperatorPlan {
   public:
    Plan(Make make, std::vector<StatePart> parts)
        : make_(std::move(make)), parts_(std::move(parts)) {}
    std::unique_ptr<Operator> make(const Placement& placement) const override {
      return make_(placement);
    }
    std::vector<StatePart> parts() const override { return parts_; }

   private:
    const Make make_;
    const std::vector<StatePart> parts_;
  };
  return std::make_unique<const Plan>(std::move(make), std::move(parts));
}

/// An operator as written in the file. `describe` reads its options, `inputs` names its edges,
/// `bind` makes a plan of them.
class OperatorSpec {
 public:
  virtual ~OperatorSpec() = default;
  virtual void describe(OptionVisitor& option) = 0;
  /// The edges it reads, in the order of its ports.
  virtual std::vector<Written> inputs() const = 0;
  /// What it reads a port for.
  virtual PortRole port_role(std::size_t /*port*/) const { return PortRole::rows; }
  /// Its `key:`, if it has one; with several shards it must contain the source's.
  virtual std::vector<Written> key() const { return {}; }
  /// Checks the options against the schemas of the inputs and declares the outputs. Null only where
  /// a mistake was reported. The plan may borrow from the spec.
  virtual std::unique_ptr<const OperatorPlan> bind(Binding& binding) const = 0;
  /// Raised with its arithmetic: part of the pipeline's fingerprint. A part of the state that names
  /// its facts names the arithmetic that it depends on too.
  virtual std::uint32_t logic() const { return 1; }
  /// Whether it is useful without a reader (evaluate, drift, alert).
  virtual bool needs_no_reader() const { return false; }
};

/// A row of the table of operators (registry.cc).
struct OperatorType {
  std::string_view name;
  std::string_view doc;
  std::string_view later;  // not empty: known, but not available yet
  std::unique_ptr<OperatorSpec> (*make)();
};

}  // namespace weir
