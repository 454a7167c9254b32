#pragma once

#include <cmath>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "models/learner.h"
#include "models/model.h"
#include "models/transformer.h"
#include "pipeline/core/splitmix64.h"

namespace weir {

/// A chain that holds a row of the registry: what the conformance tests run.
struct Member {
  std::string name;
  Task task;
  std::string steps;  // as JSON
};

inline void PrintTo(const Member& member, std::ostream* out) { *out << member.name; }

constexpr Task kTasks[] = {Task::binary, Task::classes, Task::regression};

inline std::string task_name(Task task) {
  if (task == Task::binary) return "binary";
  return task == Task::classes ? "classes" : "regression";
}

/// A step in front of a learner of each task; whatever it leaves undone, steps after it do.
inline void add_members(const TransformerType& type, std::vector<Member>& members) {
  for (const Task task : kTasks) {
    const std::string learner = task == Task::binary    ? "logistic_regression"
                                : task == Task::classes ? "softmax_regression"
                                                        : "linear_regression";
    const std::string name(type.name);
    members.push_back({name + "_" + learner, task,
                       "[\"" + name + R"(", {"impute": "zero"}, {"one_hot": {"max": 20}}, ")" +
                           learner + "\"]"});
  }
}

/// A learner for each of its tasks, after the steps that replace what it does not read; one that
/// reads texts, once more with codes in their place.
inline void add_members(const LearnerType& type, std::vector<Member>& members) {
  const std::string impute = type.reads.missing ? "" : R"({"impute": "mean"}, )";
  const std::string encoder =
      type.reads.indicators ? R"({"one_hot": {"max": 20}}, )" : R"("ordinal", )";
  const std::string end = "\"standard_scaler\", \"" + std::string(type.name) + "\"]";
  for (const Task task : kTasks) {
    if (!type.tasks.contains(task)) continue;
    const std::string name = std::string(type.name) + "_" + task_name(task);
    members.push_back({name, task, "[" + impute + encoder + end});
    if (type.reads.texts) members.push_back({name + "_texts", task, "[" + impute + end});
  }
}

/// Every step and learner of the registry.
inline std::vector<Member> members() {
  std::vector<Member> all;
  for (const TransformerType& type : transformer_types())
    if (type.make) add_members(type, all);
  for (const LearnerType& type : learner_types())
    if (type.make) add_members(type, all);
  return all;
}

/// The features of MemberRows.
inline std::vector<Feature> member_features() {
  return {{"a", FeatureKind::number},
          {"city", FeatureKind::text},
          {"flag", FeatureKind::boolean},
          {"b", FeatureKind::number},
          {"shop", FeatureKind::text}};
}

/// Labelled rows with missing values, 10 cities and 500 shops.
class MemberRows {
 public:
  MemberRows(std::uint64_t seed, Task task) : random_(seed), task_(task) {}

  void next() {
    const auto missing = [this] { return random_.u01() < 0.05; };
    for (double& x : numbers_) x = missing() ? std::nan("") : random_.sum12();
    if (!std::isnan(numbers_[1])) numbers_[1] = numbers_[1] > 0;
    for (std::size_t i = 0; i < 2; ++i) {
      texts_[i] = "t" + std::to_string(1'000 + random_.next() % (i == 0 ? 10 : 500));
      views_[i] = missing() ? std::string_view() : std::string_view(texts_[i]);
    }
    const double signal = (std::isnan(numbers_[0]) ? 0 : numbers_[0]) + random_.sum12();
    y_ = task_ == Task::regression ? signal : task_ == Task::binary ? signal > 0 : label(signal);
  }
  Features features() const { return {numbers_, views_}; }
  double y() const { return y_; }

 private:
  static double label(double signal) { return signal > 1 ? 2 : signal > 0 ? 1 : 0; }

  SplitMix64 random_;
  Task task_;
  std::vector<double> numbers_ = std::vector<double>(3);
  std::vector<std::string> texts_ = std::vector<std::string>(2);
  std::vector<std::string_view> views_ = std::vector<std::string_view>(2);
  double y_ = 0;
};

}  // namespace weir
