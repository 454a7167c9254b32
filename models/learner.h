#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/columns.h"
#include "models/model.h"
#include "pipeline/core/options.h"
#include "pipeline/core/state.h"

namespace weir {

/// The last step of a model: learns from labels. Same contract as Model, on rows that earlier steps
/// have transformed.
///
/// What reaches it: numbers, and what else its type `reads`. Row::texts still holds the texts that
/// encoders have replaced: LearnerInput::columns names those to read.
class Learner {
 public:
  virtual ~Learner() = default;
  /// Returns false when the row has no score because a number is missing. Only a learner whose type
  /// does not read missing numbers may do so; it checks itself, since most find out on the way.
  virtual bool predict_one(const Row& row, std::vector<double>& scores) const = 0;
  /// Returns false, and learns nothing, when predict_one would return false, or when the row would
  /// ruin the learner for good.
  virtual bool learn_one(const Row& row, double y, double weight) = 0;
  /// Forgets what it learned of these indicator columns: their weights are 0 again. Only a learner
  /// whose type reads indicators gets any.
  virtual void forget(std::span<const std::uint32_t> /*indicators*/) {}
  /// Scores that predict_one writes: for Task::classes one more than the highest class learned,
  /// else 1.
  virtual std::size_t classes() const { return 1; }
  /// As Model's; 0 for a learner that cannot diverge.
  virtual std::uint64_t restored() const { return 0; }
  /// As Model's; 1 for a learner that cannot diverge.
  virtual double rate_factor() const { return 1; }
  virtual void state(StateVisitor& visit) = 0;
};

/// What a learner is made for.
struct LearnerInput {
  const Columns& columns;  // of the rows that reach it; valid during the call only
  Task task;               // one that its type serves
  std::uint64_t seed;      // of its random draws
};

/// A learner as written.
class LearnerSpec {
 public:
  virtual ~LearnerSpec() = default;
  virtual void describe(OptionVisitor& option) = 0;
  virtual std::unique_ptr<Learner> make(const LearnerInput& input) const = 0;
};

/// A set of tasks.
class Tasks {
 public:
  constexpr Tasks(std::initializer_list<Task> tasks) {
    for (const Task task : tasks) bits_ |= bit(task);
  }
  constexpr bool contains(Task task) const { return (bits_ & bit(task)) != 0; }

 private:
  static constexpr unsigned bit(Task task) { return 1U << static_cast<unsigned>(task); }

  unsigned bits_ = 0;
};

/// What a learner takes besides numbers that are there, and whether of any size; steps before it
/// must see to the rest.
struct Reads {
  bool texts = false;       // as nominal values; a missing one has a null data()
  bool indicators = false;  // Row::indicators, which encoders make
  bool missing = false;     // numbers that are NaN
  bool scaled = false;      // numbers of like size: one of another size drowns them
};

/// What a learner that reads so cannot take of the columns, for a person to mend: a message for
/// each text that it does not read, and one for indicators.
std::vector<std::string> unread(const Reads& reads, const Columns& columns);

/// What a person should know of numbers that no step scales, before a learner that reads so; empty:
/// nothing.
std::string unscaled(const Reads& reads, const Columns& columns);

/// A row of the table of learners (registry.cc).
struct LearnerType {
  std::string_view name;
  std::string_view doc;
  std::string_view later;                  // not empty: known, but not available yet
  std::uint32_t logic;                     // raised with its arithmetic
  Tasks tasks;                             // those that it serves
  Reads reads;
  std::unique_ptr<LearnerSpec> (*make)();  // null if not available yet
};

/// Every learner, sorted by name.
std::span<const LearnerType> learner_types();

}  // namespace weir
