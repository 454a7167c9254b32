#include "operators/model/served_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pipeline/core/batch.h"
#include "pipeline/core/check.h"
#include "pipeline/core/exact_math.h"

namespace weir {

ServedModel::ServedModel(const ModelPlan& plan, std::unique_ptr<Model> model,
                         std::uint64_t fingerprint)
    : task_(plan.task),
      threshold_(plan.threshold),
      fallback_(plan.fallback),
      fixed_classes_(!plan.classes.empty()),
      max_classes_(plan.max_classes),
      made_by_(static_cast<std::uint32_t>(fingerprint >> 32)),
      model_(std::move(model)),
      skip_outliers_(plan.skip_outliers),
      outliers_(plan.numbers.size()) {
  for (const std::string& name : plan.classes) classes_.add(name);
  // Known from the beginning, beside those learned: when it is first served decides nothing.
  if (task_ == Task::classes && fallback_ && !fixed_classes_) {
    classes_.add(fallback_->text);
    ++max_classes_;
  }
}

Served ServedModel::serve(const Features& features) {
  if (!model_->predict_one(features, scores_)) {
    ++fallbacks_missing_;
    return fallback();
  }
  for (double score : scores_) {
    if (std::isfinite(score)) continue;
    ++fallbacks_not_finite_;
    return fallback();
  }
  Served served{.version = static_cast<double>(version()),
                .updates = static_cast<double>(updates_),
                .made_by = made_by_};
  if (task_ == Task::classes) {
    served.prediction = served.score = kMissing;
    if (scores_.empty()) return served;  // no class seen yet
    const auto best = std::max_element(scores_.begin(), scores_.end());
    served.prediction = static_cast<double>(best - scores_.begin());
    served.score = *best;
    return served;
  }
  served.score = scores_[0];
  served.prediction = task_ == Task::binary ? served.score > threshold_ : served.score;
  return served;
}

Served ServedModel::fallback() {
  scores_.clear();
  Served served{.prediction = kMissing,
                .score = kMissing,
                .version = static_cast<double>(version()),
                .updates = static_cast<double>(updates_),
                .made_by = made_by_,
                .fallback = true};
  if (!fallback_) return served;
  if (task_ == Task::classes) {
    served.prediction = classes_.add(fallback_->text);
    served.score = 1;
  } else {
    served.score = fallback_->number;
    served.prediction = task_ == Task::binary ? served.score > threshold_ : served.score;
  }
  return served;
}

void ServedModel::observe(const Features& features) {
  if (!frozen_) model_->observe_one(features);
}

bool ServedModel::is_outlier(const Features& features) {
  return skip_outliers_ && outliers_.refuses(features.numbers, !frozen_);
}

bool ServedModel::learnable(std::optional<double> label) {
  if (frozen_ || !label) return false;
  return !skip_outliers_ || task_ != Task::regression || !outliers_.refuses_target(*label, true);
}

void ServedModel::learn_row(const Features& features, double label, double weight) {
  if (model_->learn_one(features, label, weight)) ++updates_;
}

void ServedModel::learn(const Features& features, std::optional<double> label, double weight) {
  if (learnable(label)) learn_row(features, *label, weight);
}

void ServedModel::observe_and_learn(const Features& features, std::optional<double> label,
                                    double weight) {
  if (!learnable(label)) return;
  model_->observe_one(features);
  learn_row(features, *label, weight);
}

std::optional<double> ServedModel::label_number(const Label& label, double weight) {
  if (task_ != Task::classes) return label.number;
  if (weight > 0 && !frozen_) return class_number(label.text);
  const std::optional<double> known = known_class(label.text);
  unknown_classes_ += fixed_classes_ && !known;
  return known;
}

std::optional<double> ServedModel::known_class(std::string_view name) const {
  const std::optional<std::uint32_t> known = classes_.find(name);
  return known ? std::optional<double>(*known) : std::nullopt;
}

std::optional<double> ServedModel::class_number(std::string_view name) {
  if (const std::optional<double> known = known_class(name)) return known;
  if (fixed_classes_) {
    ++unknown_classes_;
    return std::nullopt;
  }
  if (classes_.size() >= max_classes_) {
    ++unknown_classes_;
    return std::nullopt;
  }
  return classes_.add(name);
}

double ServedModel::log_loss(double probability) const {
  constexpr double kSmallest = 0x1p-52;
  return -exact::log(std::clamp(probability, kSmallest, 1 - kSmallest));
}

ServedModel::Quality ServedModel::quality(const Served& served, std::span<const double> scores,
                                          std::optional<double> label) const {
  if (is_missing(served.score)) return {kMissing, kMissing};
  if (task_ == Task::regression) {
    const double error = served.prediction - *label;
    const double loss = error * error;
    return {std::isfinite(error) ? error : kMissing, std::isfinite(loss) ? loss : kMissing};
  }
  const bool hit = label && served.prediction == *label;
  if (task_ == Task::binary)
    return {hit ? 0.0 : 1.0, log_loss(*label == 1 ? served.score : 1 - served.score)};
  double probability = 0;  // of the label's class
  if (served.fallback)
    probability = hit ? served.score : 0;
  else if (label && *label < static_cast<double>(scores.size()))
    probability = scores[static_cast<std::size_t>(*label)];
  return {hit ? 0.0 : 1.0, log_loss(probability)};
}

std::string_view ServedModel::class_text(double number, Arena& arena) {
  if (is_missing(number)) return {};
  const auto at = static_cast<std::size_t>(number);
  check(at < classes_.size(), "a class that was served has a name");
  while (class_texts_.size() <= at)
    class_texts_.push_back(arena.copy(classes_[static_cast<std::uint32_t>(class_texts_.size())]));
  return class_texts_[at];
}

std::string_view ServedModel::version_text(const Served& served, Arena& arena) {
  for (const VersionText& known : version_texts_)
    if (known.version == served.version && known.made_by == served.made_by) return known.text;
  char text[32];
  const auto end = fmt::format_to_n(text, sizeof text, "{:08x}.{:.0f}", served.made_by,
                                    served.version);
  version_texts_.push_back(
      {served.version, served.made_by, arena.copy(std::string_view(text, end.size))});
  return version_texts_.back().text;
}

void ServedModel::report_learning(Reporter& report) const {
  report(metric::model_frozen, frozen_ ? 1 : 0);
  report(metric::model_updates_total, static_cast<double>(updates_));
  report(metric::model_version, static_cast<double>(version()));
  report(metric::model_restored_total, static_cast<double>(model_->restored()));
  report(metric::model_rate_factor, model_->rate_factor());
  model_->report(report);
  if (skip_outliers_)
    report(metric::operator_rows_total, {"outcome", "outlier"},
           static_cast<double>(outliers_.refused()));
}

void ServedModel::report_serving(Reporter& report) const {
  report(metric::fallback_total, {"reason", "missing"}, static_cast<double>(fallbacks_missing_));
  report(metric::fallback_total, {"reason", "not_finite"},
         static_cast<double>(fallbacks_not_finite_));
  if (task_ == Task::classes)
    report(metric::operator_rows_total, {"outcome", "unknown_class"},
           static_cast<double>(unknown_classes_));
}

void ServedModel::state(StateVisitor& visit) {
  visit.version("served model", 3);
  visit(*model_, outliers_, updates_, fallbacks_missing_, fallbacks_not_finite_);
}

void ServedModel::classes_state(StateVisitor& visit) {
  visit.version("classes", 1);
  visit(classes_);
  // The fallback may be another one than that of the state.
  if (visit.loading() && fallback_ && !fixed_classes_) classes_.add(fallback_->text);
}

}  // namespace weir
