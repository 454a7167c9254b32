#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <string_view>
#include <vector>

#include "tests/models/models.h"
#include "tests/models/splitmix.h"

namespace {

std::size_t allocations = 0;  // of the whole program, counted below

}  // namespace

// Not inline: g++ would see free() on a pointer from new and warn.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace weir {
namespace {

TEST(Model, AllocatesNothingPerRowOnceItHasSeenItsTextsAndClasses) {
  const std::vector<Feature> features = {{"amount", FeatureKind::number},
                                         {"country", FeatureKind::text},
                                         {"rate", FeatureKind::number},
                                         {"shop", FeatureKind::text}};
  const std::string steps = R"([{"impute": "mean"}, {"ordinal": {"fields": ["shop"]}}, "one_hot",
                                "standard_scaler", )";
  const std::string_view texts[] = {"de", "a shop with a long name", "fr", "another shop"};
  for (const auto& [learner, task] : {std::pair("logistic_regression", Task::binary),
                                      std::pair("linear_regression", Task::regression),
                                      std::pair("softmax_regression", Task::classes)}) {
    auto model = make_model(steps + "\"" + learner + "\"]", task, features);
    SplitMix64 random(1);
    std::vector<double> scores;
    double numbers[2];
    std::size_t before = 0;
    for (std::size_t i = 0; i < 20'000; ++i) {
      if (i == 2'000) before = allocations;
      numbers[0] = random.sum12();
      numbers[1] = i % 10 ? random.sum12() : std::nan("");
      const Features row{numbers, std::span(texts).subspan(i % 2 * 2, 2)};
      model->predict_one(row, scores);
      model->observe_one(row);
      model->learn_one(row, static_cast<double>(i % 2), 1);
    }
    EXPECT_EQ(allocations, before) << learner;
  }
}

}  // namespace
}  // namespace weir
