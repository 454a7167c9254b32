#include "models/registry.h"

#include <algorithm>
#include <array>
#include <utility>

#include "models/linear/linear_regression.h"
#include "models/linear/logistic_regression.h"
#include "models/linear/softmax_regression.h"
#include "models/preprocess/impute.h"
#include "models/preprocess/one_hot.h"
#include "models/preprocess/ordinal.h"
#include "models/preprocess/standard_scaler.h"

namespace weir {
namespace {

constexpr std::array kNumbers{FeatureKind::number};
constexpr std::array kNumbersAndBooleans{FeatureKind::number, FeatureKind::boolean};
constexpr std::array kTexts{FeatureKind::text};

std::vector<std::size_t> indexes(const std::vector<FeatureColumn>& columns) {
  std::vector<std::size_t> all;
  for (const FeatureColumn& column : columns) all.push_back(column.index);
  return all;
}

class StandardScalerSpec final : public TransformerSpec {
 public:
  void describe(OptionVisitor& option) override { options_.describe(option); }
  void bind(Columns& columns, Mistakes& mistakes) override {
    columns_ = indexes(select_columns(columns, options_.fields, kNumbers, false, mistakes));
  }
  std::unique_ptr<Transformer> make() const override {
    return std::make_unique<StandardScaler>(columns_);
  }

 private:
  StandardScaler::Options options_;
  std::vector<std::size_t> columns_;
};

class ImputeSpec final : public TransformerSpec {
 public:
  void describe(OptionVisitor& option) override { options_.describe(option); }
  void bind(Columns& columns, Mistakes& mistakes) override {
    columns_ =
        indexes(select_columns(columns, options_.fields, kNumbersAndBooleans, false, mistakes));
  }
  std::unique_ptr<Transformer> make() const override {
    return std::make_unique<Impute>(options_, columns_);
  }

 private:
  Impute::Options options_;
  std::vector<std::size_t> columns_;
};

class OrdinalSpec final : public TransformerSpec {
 public:
  void describe(OptionVisitor& option) override { options_.describe(option); }
  void bind(Columns& columns, Mistakes& mistakes) override {
    const auto texts = select_columns(columns, options_.fields, kTexts, true, mistakes);
    texts_ = indexes(texts);
    first_ = columns.numbers;
    for (const FeatureColumn& text : texts) {
      auto column = std::ranges::find(columns.named, text.name, &FeatureColumn::name);
      *column = {.name = text.name, .kind = FeatureKind::number, .index = columns.numbers++};
    }
  }
  std::unique_ptr<Transformer> make() const override {
    return std::make_unique<Ordinal>(options_, texts_, first_);
  }

 private:
  Ordinal::Options options_;
  std::vector<std::size_t> texts_;
  std::size_t first_ = 0;
};

class OneHotSpec final : public TransformerSpec {
 public:
  void describe(OptionVisitor& option) override { options_.describe(option); }
  void bind(Columns& columns, Mistakes& mistakes) override {
    const auto texts = select_columns(columns, options_.fields, kTexts, true, mistakes);
    texts_ = indexes(texts);
    first_ = columns.indicators;
    columns.indicators += texts.size() * (options_.max + 1);
    for (const FeatureColumn& text : texts)
      columns.named.erase(std::ranges::find(columns.named, text.name, &FeatureColumn::name));
  }
  std::unique_ptr<Transformer> make() const override {
    return std::make_unique<OneHot>(options_, texts_, first_);
  }

 private:
  OneHot::Options options_;
  std::vector<std::size_t> texts_;
  std::size_t first_ = 0;
};

template <class Kind>
class LinearSpec final : public LearnerSpec {
 public:
  void describe(OptionVisitor& option) override { options_.describe(option); }
  std::unique_ptr<Learner> make(std::size_t numbers, std::uint64_t) const override {
    return std::make_unique<Kind>(options_, numbers);
  }

 private:
  typename Kind::Options options_;
};

template <class Spec>
std::unique_ptr<TransformerSpec> step() {
  return std::make_unique<Spec>();
}

template <class Kind>
std::unique_ptr<LearnerSpec> linear() {
  return std::make_unique<LinearSpec<Kind>>();
}

constexpr std::string_view kLearners = "learners";  // the issue that brings the others

constexpr TransformerType kTransformers[] = {
    {"feature_hasher", "texts and bags to a fixed number of columns", kLearners, 1, nullptr},
    {"impute", "replaces missing numbers and booleans", "", 1, step<ImputeSpec>},
    {"min_max_scaler", "numbers to 0..1 by the smallest and largest so far", kLearners, 1, nullptr},
    {"one_hot", "an indicator column for each text", "", 1, step<OneHotSpec>},
    {"ordinal", "texts to whole numbers in order of first appearance", "", 1, step<OrdinalSpec>},
    {"robust_scaler", "numbers by running median and quartiles", kLearners, 1, nullptr},
    {"standard_scaler", "numbers by running mean and standard deviation", "", 1,
     step<StandardScalerSpec>},
};

constexpr LearnerType kAll[] = {
    {"adaptive_random_forest", "ten adaptive Hoeffding trees", kLearners, 1, Task::classes,
     nullptr},
    {"gaussian_nb", "naive Bayes with a Gaussian for each number", kLearners, 1, Task::classes,
     nullptr},
    {"hoeffding_tree", "a decision tree that splits by Hoeffding's bound", kLearners, 1,
     Task::classes, nullptr},
    {"linear_regression", "a number: w.x + b on the squared error", "", 2, Task::regression,
     linear<LinearRegression>},
    {"logistic_regression", "the probability of true: w.x + b on the log loss", "", 2, Task::binary,
     linear<LogisticRegression>},
    {"multinomial_nb", "naive Bayes for counts of words", kLearners, 1, Task::classes, nullptr},
    {"pa_classifier", "passive-aggressive classification", kLearners, 1, Task::binary, nullptr},
    {"pa_regressor", "passive-aggressive regression", kLearners, 1, Task::regression, nullptr},
    {"softmax_regression", "the probability of each class, on the cross-entropy", "", 2,
     Task::classes, linear<SoftmaxRegression>},
};

constexpr std::size_t kChoices = std::size(kTransformers) + std::size(kAll);

constexpr std::array<Choice, kChoices> make_choices() {
  std::array<Choice, kChoices> choices;
  std::size_t n = 0;
  for (const auto& type : kTransformers) choices[n++] = {type.name, type.doc, type.later};
  for (const auto& type : kAll) choices[n++] = {type.name, type.doc, type.later};
  return choices;
}

constexpr std::array<Choice, kChoices> kStepChoices = make_choices();

}  // namespace

std::span<const TransformerType> transformer_types() { return kTransformers; }
std::span<const LearnerType> learner_types() { return kAll; }
std::span<const Choice> step_choices() { return kStepChoices; }

const TransformerType* find_transformer(std::string_view name) {
  const auto* found = std::ranges::find(kTransformers, name, &TransformerType::name);
  return found == std::end(kTransformers) ? nullptr : found;
}

const LearnerType* find_learner(std::string_view name) {
  const auto* found = std::ranges::find(kAll, name, &LearnerType::name);
  return found == std::end(kAll) ? nullptr : found;
}

}  // namespace weir
