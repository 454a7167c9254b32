#include "models/registry.h"

#include <algorithm>
#include <array>

#include "models/bayes/gaussian_nb.h"
#include "models/linear/linear_regression.h"
#include "models/linear/logistic_regression.h"
#include "models/linear/softmax_regression.h"
#include "models/preprocess/impute.h"
#include "models/preprocess/min_max_scaler.h"
#include "models/preprocess/one_hot.h"
#include "models/preprocess/ordinal.h"
#include "models/preprocess/standard_scaler.h"

namespace weir {
namespace {

constexpr std::string_view kLater = "later";

constexpr TransformerType kTransformers[] = {
    {"feature_hasher", "texts and bags to a fixed number of columns", kLater, 1, nullptr},
    {"impute", "replaces missing numbers and booleans", "", 1, make_impute_spec},
    {"min_max_scaler", "numbers to 0..1 by the smallest and largest so far", "", 1,
     make_min_max_scaler_spec},
    {"one_hot", "an indicator column for each text", "", 2, make_one_hot_spec},
    {"ordinal", "texts to whole numbers in order of first appearance", "", 1, make_ordinal_spec},
    {"robust_scaler", "numbers by running median and quartiles", kLater, 1, nullptr},
    {"standard_scaler", "numbers by running mean and standard deviation", "", 2,
     make_standard_scaler_spec},
};

// What learners learn, by the types of targets.
constexpr Tasks kBoolean{Task::binary};
constexpr Tasks kText{Task::classes};
constexpr Tasks kNumber{Task::regression};
constexpr Tasks kBooleanOrText{Task::binary, Task::classes};

// What they read besides numbers; those that descend a gradient want them scaled.
constexpr Reads kByDescent{.indicators = true, .scaled = true};

// A doc begins with the types of targets that the learner learns: `weir list` is where a message
// sends whoever needs one.
constexpr LearnerType kLearners[] = {
    {"adaptive_random_forest", "boolean or text: ten adaptive Hoeffding trees", kLater, 1,
     kBooleanOrText, {}, nullptr},
    {"gaussian_nb", "boolean or text: naive Bayes, Gaussians of numbers and frequencies of texts",
     "", 1, kBooleanOrText, {.texts = true, .missing = true}, make_gaussian_nb_spec},
    {"hoeffding_tree", "boolean or text: a tree that splits by Hoeffding's bound", kLater, 1,
     kBooleanOrText, {}, nullptr},
    {"linear_regression", "number: w.x + b on the squared error", "", 3, kNumber, kByDescent,
     make_linear_regression_spec},
    {"logistic_regression", "boolean: the probability of true, w.x + b on the log loss", "", 3,
     kBoolean, kByDescent, make_logistic_regression_spec},
    {"multinomial_nb", "boolean or text: naive Bayes for counts of words", kLater, 1,
     kBooleanOrText, {}, nullptr},
    {"pa_classifier", "boolean: passive-aggressive classification", kLater, 1, kBoolean, {},
     nullptr},
    {"pa_regressor", "number: passive-aggressive regression", kLater, 1, kNumber, {}, nullptr},
    {"softmax_regression", "text: the probability of each class, on the cross-entropy", "", 3,
     kText, kByDescent, make_softmax_regression_spec},
};

constexpr std::size_t kChoices = std::size(kTransformers) + std::size(kLearners);

constexpr std::array<Choice, kChoices> make_choices() {
  std::array<Choice, kChoices> choices;
  std::size_t n = 0;
  for (const auto& type : kTransformers) choices[n++] = {type.name, type.doc, type.later};
  for (const auto& type : kLearners) choices[n++] = {type.name, type.doc, type.later};
  return choices;
}

constexpr std::array<Choice, kChoices> kStepChoices = make_choices();

}  // namespace

std::span<const TransformerType> transformer_types() { return kTransformers; }
std::span<const LearnerType> learner_types() { return kLearners; }
std::span<const Choice> step_choices() { return kStepChoices; }

const TransformerType* find_transformer(std::string_view name) {
  const auto* found = std::ranges::find(kTransformers, name, &TransformerType::name);
  return found == std::end(kTransformers) ? nullptr : found;
}

const LearnerType* find_learner(std::string_view name) {
  const auto* found = std::ranges::find(kLearners, name, &LearnerType::name);
  return found == std::end(kLearners) ? nullptr : found;
}

}  // namespace weir
