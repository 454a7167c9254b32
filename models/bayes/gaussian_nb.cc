#include "models/bayes/gaussian_nb.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/softmax.h"
#include "pipeline/core/bounded_text.h"
#include "pipeline/core/check.h"
#include "pipeline/core/exact_math.h"

namespace weir {
namespace {

constexpr double kLeastDensity = 1e-9;
constexpr double kNormal = 0.39894228040143267794;  // 1 / sqrt(2 pi)
constexpr std::size_t kMissingText = std::numeric_limits<std::size_t>::max();

}  // namespace

void GaussianNb::Options::describe(OptionVisitor& option) {
  option("max", max,
         {.doc = "most texts told apart a column; others count as one",
          .min = 1,
          .max = 1e6,
          .example = "100"});
}

GaussianNb::GaussianNb(const Options& options, const LearnerInput& input)
    : max_(options.max), binary_(input.task == Task::binary) {
  for (const FeatureColumn& column : input.columns.named)
    (column.kind == FeatureKind::text ? texts_ : numbers_).push_back(column.index);
  known_texts_.resize(texts_.size());
  row_texts_.resize(texts_.size());
}

void GaussianNb::Gaussian::learn(double x, double w) {
  weight += w;
  const double share = w / weight;
  const double before = x - mean;
  mean += share * before;
  variance += share * (before * (x - mean) - variance);
}

double GaussianNb::Gaussian::density(double x) const {
  if (variance == 0) return 0;
  const double deviation = std::sqrt(variance);
  const double z = (x - mean) / deviation;
  return kNormal * exact::exp(-z * z / 2) / deviation;
}

void GaussianNb::Frequencies::learn(std::size_t text, double w) {
  if (text >= weights.size()) weights.resize(text + 1);
  weights[text] += w;
  weight += w;
}

double GaussianNb::Frequencies::probability(std::size_t text, std::size_t known) const {
  const double seen = text < weights.size() ? weights[text] : 0;
  return (seen + 1) / (weight + static_cast<double>(known) + 1);
}

std::size_t GaussianNb::number_of(std::size_t i, std::string_view text) const {
  const auto known = known_texts_[i].find(BoundedText(text).view());
  return known ? *known : max_;
}

double GaussianNb::log_joint(const Class& in, const Row& row) const {
  double sum = exact::log(in.weight);
  double product = 1;  // its logarithm is taken seldom, not once a column
  const auto multiply = [&](double likelihood) {
    product *= likelihood;
    if (product > 1e-100 && product < 1e100) return;
    sum += exact::log(product);
    product = 1;
  };
  for (std::size_t i = 0; i < numbers_.size(); ++i) {
    const double x = row.numbers[numbers_[i]];
    if (!std::isnan(x)) multiply(kLeastDensity + in.numbers[i].density(x));
  }
  for (std::size_t i = 0; i < texts_.size(); ++i)
    if (row_texts_[i] != kMissingText)
      multiply(in.texts[i].probability(row_texts_[i], known_texts_[i].size()));
  return sum + exact::log(product);
}

bool GaussianNb::predict_one(const Row& row, std::vector<double>& scores) const {
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    const std::string_view text = row.texts[texts_[i]];
    row_texts_[i] = text.data() == nullptr ? kMissingText : number_of(i, text);
  }
  scores.resize(classes_.size());
  double largest = -HUGE_VAL;
  for (std::size_t k = 0; k < classes_.size(); ++k) {
    scores[k] = classes_[k].weight > 0 ? log_joint(classes_[k], row) : -HUGE_VAL;
    largest = std::max(largest, scores[k]);
  }
  softmax(scores, largest);
  if (!binary_) return true;
  const double truth = scores.size() > 1 ? scores[1] : scores.empty() ? 0.5 : 0;
  scores.assign(1, truth);
  return true;
}

bool GaussianNb::learn_one(const Row& row, double y, double weight) {
  check(y >= 0, "a class has a number");
  if (!(weight <= kLargestLearned)) return false;
  const auto label = static_cast<std::size_t>(y);
  if (label >= classes_.size()) classes_.resize(label + 1);
  Class& in = classes_[label];
  in.weight += weight;
  in.numbers.resize(numbers_.size());
  in.texts.resize(texts_.size());
  for (std::size_t i = 0; i < numbers_.size(); ++i) {
    const double x = row.numbers[numbers_[i]];
    if (std::abs(x) <= kLargestLearned) in.numbers[i].learn(x, weight);
  }
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    const std::string_view text = row.texts[texts_[i]];
    if (text.data() == nullptr) continue;
    TextIndex& known = known_texts_[i];
    const bool room = known.size() < max_;
    in.texts[i].learn(room ? known.add(BoundedText(text).view()) : number_of(i, text), weight);
  }
  return true;
}

void GaussianNb::state(StateVisitor& visit) {
  visit.version("gaussian_nb", 2);
  bool fits = true;
  for (TextIndex& texts : known_texts_) {
    visit(texts);
    fits = fits && texts.size() <= max_;
  }
  visit(classes_);
  for (const Class& in : classes_) {
    const bool came = in.weight > 0;
    fits = fits && in.numbers.size() == (came ? numbers_.size() : 0) &&
           in.texts.size() == (came ? texts_.size() : 0);
    for (const Frequencies& text : in.texts) fits = fits && text.weights.size() <= max_ + 1;
  }
  if (!fits || (binary_ && classes_.size() > 2))
    throw StateError("gaussian_nb: the state is of other columns");
}

namespace {

class GaussianNbSpec final : public LearnerSpec {
 public:
  void describe(OptionVisitor& option) override { options_.describe(option); }
  std::unique_ptr<Learner> make(const LearnerInput& input) const override {
    return std::make_unique<GaussianNb>(options_, input);
  }

 private:
  GaussianNb::Options options_;
};

}  // namespace

std::unique_ptr<LearnerSpec> make_gaussian_nb_spec() { return std::make_unique<GaussianNbSpec>(); }

}  // namespace weir
