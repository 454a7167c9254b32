#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/metrics.h"
#include "pipeline/core/options.h"
#include "pipeline/core/state.h"
#include "pipeline/core/task.h"

namespace weir {

/// The kind of one feature; booleans are numbers 0 and 1 that scalers leave alone.
enum class FeatureKind : std::uint8_t { number, boolean, text };

struct Feature {
  std::string name;
  FeatureKind kind = FeatureKind::number;
};

/// One row as a model takes it, in the order in which its features are written, numbers (and
/// booleans) and texts apart. A missing number is NaN, a missing text has a null data().
struct Features {
  std::span<const double> numbers;
  std::span<const std::string_view> texts;
};

/// A chain of steps that ends in a learner, learning one event at a time.
///
/// Not thread-safe, not even its const functions: they share a scratch row.
class Model {
 public:
  virtual ~Model() = default;

  /// Writes the scores of one row: binary: probability of true (1 score); classes: probability of
  /// each class seen so far (`classes()` scores); regression: the value (1 score). Pure. Returns
  /// false when a missing feature reaches a learner that needs it; the row then has no score.
  virtual bool predict_one(const Features& features, std::vector<double>& scores) const = 0;

  /// Learns what needs no label (scalers, encoders, imputers).
  virtual void observe_one(const Features& features) = 0;

  /// Learns from a label: binary: 0 or 1; classes: the class's number; regression: the value.
  /// Transforms the row again with the statistics of now. Returns false (and learns nothing) when
  /// a missing feature reaches a learner that needs it, or the row is beyond what it can learn.
  virtual bool learn_one(const Features& features, double y, double weight) = 0;

  /// Scores that predict_one writes for Task::classes: one more than the highest class learned.
  virtual std::size_t classes() const = 0;

  /// How often the divergence guard has restored the last good copy; a version that rises.
  virtual std::uint64_t restored() const = 0;

  /// What the divergence guard multiplies the learning rate by: 1, less after a restore.
  virtual double rate_factor() const { return 1; }

  /// Figures of its steps.
  virtual void report(Reporter& /*report*/) const {}

  virtual void state(StateVisitor& visit) = 0;
};

/// The `steps:` of a model as written: reads and documents them, checks that they fit together,
/// builds models.
class ModelSpec {
 public:
  struct Mistake {
    Place place;
    std::string message;
    bool warning = false;  // the model works all the same
  };

  ModelSpec();
  ~ModelSpec();
  ModelSpec(ModelSpec&&) noexcept;
  ModelSpec& operator=(ModelSpec&&) noexcept;

  /// Names the option `steps`: a list of steps, the last a learner.
  void describe(OptionVisitor& option);

  /// Checks the chain against its features and task; call before `make`, which needs a chain
  /// without a mistake but for warnings.
  std::vector<Mistake> bind(Task task, std::span<const Feature> features);

  /// A fresh model; equal seeds make equal models.
  std::unique_ptr<Model> make(std::uint64_t seed) const;

  /// Raised with the arithmetic of the steps and learners used: part of the fingerprint.
  std::uint32_t logic() const;

 private:
  struct Chain;
  std::unique_ptr<Chain> chain_;
};

}  // namespace weir
