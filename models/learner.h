#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "models/columns.h"
#include "models/model.h"
#include "pipeline/core/options.h"
#include "pipeline/core/state.h"

namespace weir {

/// The last step of a model: learns from labels. Same contract as Model, on rows that earlier steps
/// have transformed; no text columns remain.
class Learner {
 public:
  virtual ~Learner() = default;
  virtual bool predict_one(const Row& row, std::vector<double>& scores) const = 0;
  virtual bool learn_one(const Row& row, double y, double weight) = 0;
  /// Scores that predict_one writes: for Task::classes one more than the highest class learned,
  /// else 1.
  virtual std::size_t classes() const { return 1; }
  /// As Model's; 0 for a learner that cannot diverge.
  virtual std::uint64_t restored() const { return 0; }
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

/// A row of the table of learners (registry.cc).
struct LearnerType {
  std::string_view name;
  std::string_view doc;
  std::string_view later;                  // not empty: known, but comes later
  std::uint32_t logic;                     // raised with its arithmetic
  Tasks tasks;                             // those that it serves
  std::unique_ptr<LearnerSpec> (*make)();  // null when it comes later
};

/// Every learner, sorted by name.
std::span<const LearnerType> learner_types();

}  // namespace weir
