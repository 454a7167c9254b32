#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/model.h"
#include "operators/model/model_plan.h"
#include "pipeline/core/arena.h"
#include "pipeline/core/text_index.h"

namespace weir {

/// A model with what serving adds: classes by name, predictions, the fallback, losses, versions.
class ServedModel {
 public:
  ServedModel(const ModelPlan& plan, std::unique_ptr<Model> model, std::uint64_t fingerprint);

  /// Scores one row; a row that the model cannot score is served the fallback. Learns nothing.
  Served serve(const Features& features);
  /// The scores of the row served last: a probability per class (Task::classes), or empty.
  const std::vector<double>& scores() const { return scores_; }

  void observe(const Features& features) { model_->observe_one(features); }
  /// Learns a row; `label` as `number_of` gives it. Nothing is learned without one.
  void learn(const Features& features, std::optional<double> label, double weight);

  /// The number of a class that is to be learned (it is added when new); none when the classes were
  /// given and this is not one of them, or when `max_classes` are known beside the fallback's:
  /// that is counted.
  std::optional<double> class_number(std::string_view name);

  /// The number of a class that is known already.
  std::optional<double> known_class(std::string_view name) const;

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
  std::string_view version_text(double version, Arena& arena);

  std::uint64_t updates() const { return updates_; }
  std::uint64_t restored() const { return model_->restored(); }
  std::uint64_t version() const { return 1 + model_->restored(); }
  std::uint64_t fallbacks_missing() const { return fallbacks_missing_; }
  std::uint64_t fallbacks_not_finite() const { return fallbacks_not_finite_; }
  /// Labels refused by `max_classes` since the program started.
  std::uint64_t refused() const { return refused_; }

  void state(StateVisitor& visit);

 private:
  Served fallback();
  double log_loss(double probability) const;

  Task task_;
  double threshold_;
  std::optional<Constant> fallback_;
  bool fixed_classes_;
  std::size_t max_classes_;
  std::uint64_t fingerprint_;
  std::unique_ptr<Model> model_;
  TextIndex classes_;
  std::uint64_t updates_ = 0;
  std::uint64_t fallbacks_missing_ = 0;
  std::uint64_t fallbacks_not_finite_ = 0;
  std::uint64_t refused_ = 0;
  std::vector<double> scores_;
  std::vector<std::string_view> class_texts_;
  std::vector<std::pair<double, std::string_view>> version_texts_;
};

}  // namespace weir
