#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/model.h"
#include "operators/labels/labels.h"
#include "pipeline/core/options.h"

namespace weir {

/// A `model` operator as written.
struct ModelOptions {
  struct FeatureList {
    std::vector<Written> fields;
    bool all = false;
    std::vector<Written> except;
  };

  Written input;
  FeatureList features;
  std::optional<Written> target;
  /// Behind a pointer: the steps remember what they are bound to, which a ModelOptions does not.
  std::unique_ptr<ModelSpec> steps = std::make_unique<ModelSpec>();
  std::optional<LabelsOptions> labels;
  std::optional<Written> learn_when, weight;
  enum class Outliers { skip, keep };
  Outliers outliers = Outliers::skip;
  double threshold = 0.5;
  std::optional<Literal> fallback;
  std::vector<Written> classes;
  std::size_t max_classes = 1'000;
  enum class UnknownClass { skip, dead_letter };
  UnknownClass unknown_class = UnknownClass::skip;
  bool probabilities = false;
  std::string as;

  void describe(OptionVisitor& option);
};

}  // namespace weir
