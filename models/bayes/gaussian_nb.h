#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "models/learner.h"
#include "pipeline/core/text_index.h"

namespace weir {

/// Naive Bayes: the probability of a class is its share of the rows, times the likelihood of each
/// column's value among its rows: of a number a Gaussian density, of a text its frequency.
///
/// Input: numbers and texts as they are, without an encoder; booleans are numbers, 0 and 1, as in
/// River. A missing value is left out; so is, in learning, a number beyond 1e150. A row of weight w
/// counts as w rows; one whose weight is beyond 1e150 is not learned.
/// Output: probabilities: of true (0.5 before the first row), or of each class (0 of one that never
/// came).
/// Statistic: a density, in 1 / the number's unit, counts as at least 1e-9, as in River: numbers
/// that spread over 1e8 or more tell nothing, scale them. A constant has no more than that least,
/// and so has every number of a class's first row. A text that came n times in a class of N has the
/// frequency (n + 1) / (N + K + 1) among K texts known; the one more is every other text.
/// Cost: O(classes x columns), an exp a number. Memory: 24 bytes a class and number, 8 a class and
/// text known.
/// Source: numbers: West 1979, CACM 22:532 (weighted moments); as river.naive_bayes.GaussianNB
/// (0.26), to 1e-9. Texts: Laplace's rule, as scikit-learn's CategoricalNB with alpha 1.
class GaussianNb final : public Learner {
 public:
  struct Options {
    std::size_t max = 100;

    void describe(OptionVisitor& option);
  };

  GaussianNb(const Options& options, const LearnerInput& input);

  bool predict_one(const Row& row, std::vector<double>& scores) const override;
  bool learn_one(const Row& row, double y, double weight) override;
  std::size_t classes() const override { return binary_ ? 1 : classes_.size(); }
  void state(StateVisitor& visit) override;

 private:
  /// A number among the rows of a class.
  struct Gaussian {
    double weight = 0;
    double mean = 0;
    double variance = 0;  // of the population

    void learn(double x, double w);
    double density(double x) const;
    void state(StateVisitor& visit) { visit(weight, mean, variance); }
  };

  /// A text among the rows of a class.
  struct Frequencies {
    double weight = 0;
    std::vector<double> weights;  // by the text's number; those beyond the end are 0

    void learn(std::size_t text, double w);
    double probability(std::size_t text, std::size_t known) const;
    void state(StateVisitor& visit) { visit(weight, weights); }
  };

  struct Class {
    double weight = 0;              // 0: it never came
    std::vector<Gaussian> numbers;  // empty until it came, as texts
    std::vector<Frequencies> texts;

    void state(StateVisitor& visit) { visit(weight, numbers, texts); }
  };

  /// The number of a text of column i; `max_` for all that are not known.
  std::size_t number_of(std::size_t i, std::string_view text) const;
  /// The logarithm of weight x likelihood; `row_texts_` are set.
  double log_joint(const Class& in, const Row& row) const;

  std::size_t max_;
  bool binary_;
  std::vector<std::size_t> numbers_;    // indexes into Row::numbers
  std::vector<std::size_t> texts_;      // indexes into Row::texts
  std::vector<TextIndex> known_texts_;  // by column of texts_
  std::vector<Class> classes_;
  mutable std::vector<std::size_t> row_texts_;  // scratch: the row's texts by number
};

std::unique_ptr<LearnerSpec> make_gaussian_nb_spec();

}  // namespace weir
