#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/model.h"
#include "operators/labels/label_join.h"
#include "pipeline/core/expression/expression.h"
#include "pipeline/core/schema.h"

namespace weir {

/// A constant label or prediction: `number` for binary (0, 1) and regression, else `text`.
struct Constant {
  double number = 0;
  std::string text;
};

/// The labels' part of a ModelPlan; fields are indices into the schemas of ports 0 and 1.
struct LabelsPlan {
  std::size_t row_id = 0;
  std::size_t label_id = 0;
  bool text_id = true;
  std::optional<std::size_t> field;  // none: `present`
  std::optional<Constant> present, absent;
  LabelJoin::Options join;
  std::optional<std::int64_t> longest_silence;  // LabelsOptions
};

/// A model operator after binding: what its instances need to know.
struct ModelPlan {
  std::string name;
  Task task = Task::binary;
  Schema rows;                              // of port 0
  std::vector<Feature> features;            // as written
  std::vector<std::size_t> numbers, texts;  // their fields of port 0, in that order
  std::optional<std::size_t> target;        // field of port 0, without labels
  std::optional<LabelsPlan> labels;
  std::optional<Expression> learn_when, weight;
  bool skip_outliers = true;
  double threshold = 0.5;
  std::optional<Constant> fallback;
  std::vector<std::string> classes;  // those given; empty: as they come
  std::size_t max_classes = 1'000;
  bool probabilities = false;
  std::string prefix;  // begins the names of the fields it adds
  Schema outcomes;     // of that output
};

/// What a model says about a row, and how good that was once the label is known.
struct Served {
  double prediction = 0;  // 0 or 1, the class's number, or the value; missing: NaN
  double score = 0;
  double version = 0;  // the n of model_version
  double updates = 0;
  std::uint32_t made_by = 0;  // of the operator as written: what model_version begins with
  bool fallback = false;
};

}  // namespace weir
