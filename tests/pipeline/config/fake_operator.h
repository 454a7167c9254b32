#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/config/vocabulary.h"

namespace weir {

/// An operator with an option of every kind, which keeps what was read. Its options are those of
/// the operators that deploy/examples/fraud.yaml uses, and a few more.
class FakeOperator final : public OperatorSpec {
 public:
  struct Step {
    std::string name;
    std::string with = "mean";
    std::size_t max = 100;
    double initial = 0.01;
    std::optional<double> decay;
  };
  struct Aggregate {
    std::string name;
    std::optional<Written> mean, count;
    Extent over;
  };

  std::vector<Written> input;
  std::vector<Written> key;
  std::optional<Written> target;
  std::optional<Literal> fallback;
  double threshold = 0.5;
  std::size_t window = 1000;
  std::size_t after = 0;
  Extent every{Extent::Unit::rows, 0};
  Duration wait{0};
  bool has_labels = false;
  std::string method = "auto";
  bool baseline = false;
  std::string token;
  std::vector<Written> features;
  std::vector<Written> fields;
  std::vector<Written> metrics;
  std::vector<Step> steps;
  std::string detector;
  std::vector<std::pair<std::string, std::string>> detectors;
  Written match;
  std::vector<Aggregate> aggregates;
  std::vector<std::pair<std::string, Written>> values;

  void describe(OptionVisitor& option) override;
  std::vector<Written> inputs() const override { return input; }
  std::unique_ptr<const OperatorPlan> bind(Binding&) const override { return nullptr; }
};

}  // namespace weir
