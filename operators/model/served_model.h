#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/model.h"
#include "operators/labels/label_join.h"
#include "operators/model/model_plan.h"
#include "operators/model/outlier_guard.h"
#include "pipeline/core/arena.h"
#include "pipeline/core/metrics.h"
#include "pipeline/core/text_index.h"

namespace weir {

/// A model with what serving adds: classes by name, predictions, the fallback, losses, versions. It
/// may be frozen: then no part of it learns.
class ServedModel {
 public:
  ServedModel(const ModelPlan& plan, std::unique_ptr<Model> model, std::uint64_t fingerprint);

  /// Scores one row; a row that the model cannot score is served the fallback. Learns nothing.
  Served serve(const Features& features);
  /// The scores of the row served last: a probability per class (Task::classes), or empty.
  const std::vector<double>& scores() const { return scores_; }

  void freeze(bool frozen) { frozen_ = frozen; }
  bool frozen() const { return frozen_; }

  /// Whether a row must not be learned because a number is far outside its column (`outliers:
  /// skip`). Ask once of each row that is to be learned, in their order.
  bool is_outlier(const Features& features);
  /// Learns what needs no label.
  void observe(const Features& features);
  /// Learns a row; `label` as `label_number` gives it. Nothing is learned without one, nor, with
  /// `outliers: skip`, of one far outside what labels were before.
  void learn(const Features& features, std::optional<double> label, double weight);
  /// Both, of a row whose label is known when it comes.
  void observe_and_learn(const Features& features, std::optional<double> label, double weight);

  /// The label as learners take it; none of a class that is not known. A row that is to be learned
  /// (its weight is not 0) makes its class known, unless the classes were given or `max_classes`
  /// are known beside the fallback's: that is counted.
  std::optional<double> label_number(const Label& label, double weight);

  struct Quality {
    double error = 0;
    double loss = 0;
  };
  /// How good the row's prediction was. `label`: none for a class nobody knows. `scores`: those of
  /// the row as served (Task::classes).
  Quality quality(const Served& served, std::span<const double> scores,
                  std::optional<double> label) const;

  /// The names of classes and versions, as texts that live as long as the step.
  void begin_step() { class_texts_.clear(), version_texts_.clear(); }
  std::string_view class_text(double number, Arena& arena);
  /// `model_version` of a row as it was served, perhaps before the pipeline changed.
  std::string_view version_text(const Served& served, Arena& arena);

  std::uint64_t updates() const { return updates_; }
  /// Of what it has learned.
  void report_learning(Reporter& report) const;
  /// Of rows that it could not score, and of classes that it could not learn.
  void report_serving(Reporter& report) const;
  /// What it has learned. Neither whether it is frozen, which its owner's version says, nor the
  /// names of the classes.
  void state(StateVisitor& visit);
  void classes_state(StateVisitor& visit);

 private:
  std::uint64_t version() const { return 1 + model_->restored(); }
  std::optional<double> known_class(std::string_view name) const;
  std::optional<double> class_number(std::string_view name);
  Served fallback();
  bool learnable(std::optional<double> label);
  void learn_row(const Features& features, double label, double weight);
  double log_loss(double probability) const;

  Task task_;
  double threshold_;
  std::optional<Constant> fallback_;
  bool fixed_classes_;
  std::size_t max_classes_;
  std::uint32_t made_by_;  // as of Served
  std::unique_ptr<Model> model_;
  TextIndex classes_;
  bool frozen_ = false;
  bool skip_outliers_;
  OutlierGuard outliers_;
  std::uint64_t updates_ = 0;
  std::uint64_t fallbacks_missing_ = 0;
  std::uint64_t fallbacks_not_finite_ = 0;
  // Since the program started:
  std::uint64_t unknown_classes_ = 0;  // labels not among `classes:`, or beyond `max_classes`
  std::vector<double> scores_;
  std::vector<std::string_view> class_texts_;
  struct VersionText {
    double version;
    std::uint32_t made_by;
    std::string_view text;
  };
  std::vector<VersionText> version_texts_;
};

}  // namespace weir
