#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "models/columns.h"
#include "models/model.h"
#include "pipeline/core/options.h"
#include "pipeline/core/state.h"

namespace weir {

/// The last step of a model: learns from labels. Its functions mean what Model's do, on a row that
/// the steps before it have transformed and in which no text is left.
class Learner {
 public:
  virtual ~Learner() = default;
  virtual bool predict_one(const Row& row, std::vector<double>& scores) const = 0;
  virtual bool learn_one(const Row& row, double y, double weight) = 0;
  /// Scores that predict_one writes.
  virtual std::size_t classes() const { return 1; }
  virtual std::uint64_t restored() const = 0;
  virtual void state(StateVisitor& visit) = 0;
};

/// A learner as written.
class LearnerSpec {
 public:
  virtual ~LearnerSpec() = default;
  virtual void describe(OptionVisitor& option) = 0;
  /// `numbers` is the length of Row::numbers.
  virtual std::unique_ptr<Learner> make(std::size_t numbers, std::uint64_t seed) const = 0;
};

/// A row of the table of learners (registry.cc).
struct LearnerType {
  std::string_view name;
  std::string_view doc;
  std::string_view later;                  // not empty: known, but comes later
  std::uint32_t logic;                     // raised with its arithmetic
  Task task;                               // what it learns
  std::unique_ptr<LearnerSpec> (*make)();  // null when it comes later
};

/// Every learner, sorted by name.
std::span<const LearnerType> learner_types();

}  // namespace weir
