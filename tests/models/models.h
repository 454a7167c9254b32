#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/model.h"
#include "pipeline/core/state.h"
#include "pipeline/core/state_visitors.h"
#include "tests/harness/read_options.h"

namespace weir {

/// Reads `steps` (as YAML or JSON) for the features; returns the mistakes of their options or, when
/// these are right, of binding; not the warnings.
inline std::vector<std::string> mistakes_of(ModelSpec& spec, const std::string& steps, Task task,
                                            const std::vector<Feature>& features) {
  std::vector<std::string> mistakes = read_options(
      "steps: " + steps, [&](OptionVisitor& option) { spec.describe(option); });
  if (!mistakes.empty()) return mistakes;
  for (ModelSpec::Mistake& mistake : spec.bind(task, features))
    if (!mistake.warning) mistakes.push_back(std::move(mistake.message));
  return mistakes;
}

/// The warnings of binding `steps` (as YAML or JSON), which have no mistake.
inline std::vector<std::string> warnings_of(const std::string& steps, Task task,
                                            const std::vector<Feature>& features) {
  ModelSpec spec;
  EXPECT_EQ(mistakes_of(spec, steps, task, features), std::vector<std::string>{});
  std::vector<std::string> warnings;
  for (ModelSpec::Mistake& mistake : spec.bind(task, features))
    warnings.push_back(std::move(mistake.message));
  return warnings;
}

/// A fresh model of `steps` (as YAML or JSON).
inline std::unique_ptr<Model> make_model(const std::string& steps, Task task,
                                         const std::vector<Feature>& features) {
  ModelSpec spec;
  for (const std::string& mistake : mistakes_of(spec, steps, task, features))
    ADD_FAILURE() << mistake;
  return spec.make(1);
}

/// `count` number features x0, x1 ...
inline std::vector<Feature> number_features(std::size_t count) {
  std::vector<Feature> features;
  for (std::size_t i = 0; i < count; ++i)
    features.push_back({"x" + std::to_string(i), FeatureKind::number});
  return features;
}

template <class Stateful>
std::uint64_t state_hash(Stateful& of) {
  StateHasher hasher;
  of.state(hasher);
  return hasher.hash();
}

template <class Stateful>
std::string saved(Stateful& of) {
  std::string bytes;
  StateWriter writer(bytes);
  of.state(writer);
  return bytes;
}

template <class Stateful>
void load(Stateful& into, const std::string& bytes) {
  StateReader reader(bytes);
  into.state(reader);
  EXPECT_EQ(reader.left(), 0u);
}

}  // namespace weir
