// Learning alone, in memory: predict, observe and learn each row, one core.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/chain.h"
#include "models/linear/linear_regression.h"
#include "models/linear/logistic_regression.h"
#include "models/linear/softmax_regression.h"
#include "models/preprocess/one_hot.h"
#include "models/preprocess/standard_scaler.h"
#include "pipeline/core/splitmix64.h"

namespace weir {
namespace {

constexpr std::size_t kRows = 4096;  // small enough to stay in the cache

/// Uniform draws in -0.5 .. 0.5 of splitmix64.
class Draws {
 public:
  double next() { return random_.u01() - 0.5; }
  std::uint64_t bits() { return random_.next(); }

 private:
  SplitMix64 random_{1};
};

struct Sample {
  explicit Sample(std::size_t features, std::size_t classes) : width(features) {
    Draws draws;
    for (std::size_t i = 0; i < kRows; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < features; ++j) sum += x.emplace_back(draws.next());
      const std::uint64_t any = draws.bits();
      y.push_back(classes > 2 ? static_cast<double>(any % classes) : sum + draws.next() > 0);
      texts.push_back("text " + std::to_string(draws.bits() % 80));
    }
    for (const std::string& text : texts) views.push_back(text);
  }
  Features row(std::size_t i) const {
    return {std::span(x).subspan(i * width, width), std::span(views).subspan(i, 1)};
  }

  std::size_t width;
  std::vector<double> x;
  std::vector<double> y;
  std::vector<std::string> texts;
  std::vector<std::string_view> views;
};

void learn_rows(benchmark::State& state, Model& model, const Sample& sample) {
  std::vector<double> scores;
  std::size_t i = 0;
  for (auto _ : state) {
    const Features row = sample.row(i);
    benchmark::DoNotOptimize(model.predict_one(row, scores));
    model.observe_one(row);
    model.learn_one(row, sample.y[i], 1);
    i = (i + 1) % kRows;
  }
  state.SetItemsProcessed(state.iterations());
}

std::vector<std::size_t> all_columns(std::size_t count) {
  std::vector<std::size_t> columns(count);
  for (std::size_t i = 0; i < count; ++i) columns[i] = i;
  return columns;
}

template <class Learner>
std::unique_ptr<Model> scaled(std::size_t features, bool one_hot) {
  std::vector<std::unique_ptr<Transformer>> steps;
  if (one_hot)
    steps.push_back(
        std::make_unique<OneHot>(OneHot::Options{}, std::vector<std::size_t>{0}, std::size_t{0}));
  steps.push_back(std::make_unique<StandardScaler>(all_columns(features)));
  return std::make_unique<Chain>(std::move(steps),
                                 std::make_unique<Learner>(typename Learner::Options{}, features),
                                 Columns{.named = {}, .numbers = features, .indicators = 101});
}

template <class Learner>
void scaler_and(benchmark::State& state) {
  const Sample sample(static_cast<std::size_t>(state.range(0)),
                      static_cast<std::size_t>(state.range(1)));
  auto model = scaled<Learner>(sample.width, false);
  learn_rows(state, *model, sample);
}

void one_hot_scaler_logistic(benchmark::State& state) {
  const Sample sample(static_cast<std::size_t>(state.range(0)), 2);
  auto model = scaled<LogisticRegression>(sample.width, true);
  learn_rows(state, *model, sample);
}

BENCHMARK(scaler_and<LogisticRegression>)
    ->ArgNames({"features", "classes"})
    ->ArgsProduct({{6, 20, 100}, {2}});
BENCHMARK(scaler_and<LinearRegression>)
    ->ArgNames({"features", "classes"})
    ->ArgsProduct({{6, 100}, {2}});
BENCHMARK(scaler_and<SoftmaxRegression>)
    ->ArgNames({"features", "classes"})
    ->ArgsProduct({{6, 54}, {7}});
BENCHMARK(one_hot_scaler_logistic)->ArgName("features")->Arg(6);

}  // namespace
}  // namespace weir
