// What a model of classes learns, and which of them.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pipeline/core/exact_math.h"
#include "tests/operators/model/model_bench.h"

namespace weir {
namespace {

Schema class_rows() { return {{{"a", Type::number}, {"kind", Type::text}}}; }

InputRow class_row(std::int64_t time, double a, std::string_view kind) {
  return {time, {cell(a), cell(kind)}};
}

TEST(ModelOperator, LearnsClassesAsTheyCome) {
  ModelBench model(R"({"input": "rows", "features": ["a"], "target": "kind",
                       "steps": ["softmax_regression"]})",
                   class_rows());
  ASSERT_TRUE(model.bench.ok()) << model.bench.mistakes()[0];
  std::vector<InputRow> rows;
  for (int i = 0; i < 300; ++i)
    rows.push_back(class_row(i, i % 2 ? 2.0 : -2.0, i % 2 ? "high" : "low"));
  model.run(rows, 7);
  EXPECT_EQ(model.at(kMain, 0, "prediction"), missing());  // nothing is known yet
  EXPECT_EQ(model.at(kOutcomes, 0, "loss"), missing());
  EXPECT_EQ(model.text(kMain, 298, "prediction"), "low");
  EXPECT_EQ(model.text(kMain, 299, "prediction"), "high");
  const double score = model.number(kMain, 299, "score");
  EXPECT_GT(score, 0.6);
  EXPECT_EQ(model.number(kOutcomes, 299, "loss"), -exact::log(score));
  EXPECT_EQ(model.text(kOutcomes, 299, "label"), "high");
  EXPECT_EQ(model.number(kOutcomes, 299, "error"), 0);
}

TEST(ModelOperator, GivenClassesAreTheOnlyOnesLearnedAndMayShowProbabilities) {
  ModelBench model(R"({"input": "rows", "features": ["a"], "target": "kind",
                       "classes": ["low", "high"], "probabilities": true,
                       "steps": ["softmax_regression"]})",
                   class_rows());
  ASSERT_TRUE(model.bench.ok()) << model.bench.mistakes()[0];
  model.run({class_row(0, 1, "high"), class_row(1, 1, "strange"), class_row(2, 1, "low")});
  EXPECT_EQ(model.updates(), 2);
  EXPECT_EQ(model.rows(kOutcomes), 3u);
  EXPECT_EQ(model.number(kOutcomes, 1, "error"), 1);
  EXPECT_EQ(model.number(kOutcomes, 1, "loss"), -exact::log(0x1p-52));
  EXPECT_EQ(model.number(kMain, 2, "p_low") + model.number(kMain, 2, "p_high"), 1);
  EXPECT_EQ(model.number(kMain, 2, "p_high"), model.number(kMain, 2, "score"));
}

TEST(ModelOperator, LearnsNoMoreClassesThanItsLimit) {
  ModelBench model(R"({"input": "rows", "features": ["a"], "target": "kind", "max_classes": 3,
                       "steps": ["softmax_regression"]})",
                   class_rows());
  for (int i = 0; i < 10; ++i) model.run({class_row(i, 1, "c" + std::to_string(i))});
  EXPECT_EQ(model.updates(), 3);
  EXPECT_EQ(model.bench.report()["weir_operator_rows_total{unknown_class}"], 7);
}

TEST(ModelOperator, RowsThatAreNotLearnedTakeNoPlaceAmongTheClasses) {
  ModelBench model(R"({"input": "rows", "features": ["a"], "target": "kind", "max_classes": 2,
                       "learn_when": "a > 0", "steps": ["softmax_regression"]})",
                   class_rows());
  model.run({class_row(0, -1, "u"), class_row(1, -1, "v"), class_row(2, kMissing, "w")});
  EXPECT_EQ(model.rows(kOutcomes), 3u);
  model.run({class_row(3, 1, "low"), class_row(4, 2, "high"), class_row(5, 1, "low")});
  EXPECT_EQ(model.updates(), 3);
  EXPECT_EQ(model.text(kMain, 4, "prediction"), "low");
  EXPECT_EQ(model.bench.report()["weir_operator_rows_total{unknown_class}"], 0);
}

// Whether its row comes before the classes, between them or after them.
TEST(ModelOperator, TheFallbacksClassTakesNoPlaceAmongThoseLearned) {
  for (const std::size_t at : {0, 1, 2}) {
    ModelBench model(R"({"input": "rows", "features": ["a"], "target": "kind", "max_classes": 2,
                         "fallback": "unknown", "steps": ["softmax_regression"]})",
                     class_rows());
    std::vector<InputRow> rows = {class_row(0, 1, "low"), class_row(1, 2, "high")};
    rows.insert(rows.begin() + static_cast<std::ptrdiff_t>(at), class_row(2, kMissing, "low"));
    rows.push_back(class_row(3, 2, "third"));
    model.run(rows);
    EXPECT_EQ(model.text(kMain, at, "prediction"), "unknown");
    EXPECT_EQ(model.updates(), 2) << at;
    EXPECT_EQ(model.bench.report()["weir_operator_rows_total{unknown_class}"], 1) << at;
  }
}

constexpr std::string_view kRefusing =
    R"({"input": "rows", "features": ["a"], "target": "kind", "classes": ["low", "high"],
        "unknown_class": "dead_letter", "steps": ["softmax_regression"])";

TEST(ModelOperator, UnknownClassesMayBeRefusedWhereARecordIsRead) {
  const ModelBench model(std::string(kRefusing) + "}", class_rows());
  ASSERT_TRUE(model.bench.ok()) << model.bench.mistakes()[0];
  EXPECT_EQ(model.bench.binding().classes, (std::vector<std::string>{"low", "high"}));
  const ModelBench skips(R"({"input": "rows", "features": ["a"], "target": "kind",
                             "classes": ["low", "high"], "steps": ["softmax_regression"]})",
                         class_rows());
  EXPECT_EQ(skips.bench.binding().classes, std::vector<std::string>{});
}

TEST(ModelOperator, UnknownClassesAreRefusedOnlyWhereClassesAreGivenAndRecordsHoldThem) {
  const auto mistakes = [](const std::string& options, Schema labels) {
    return ModelBench(options, class_rows(), std::move(labels)).bench.mistakes();
  };
  using Mistakes = std::vector<std::string>;
  const ModelBench none(R"({"input": "rows", "features": ["a"], "target": "kind",
                            "unknown_class": "dead_letter", "steps": ["softmax_regression"]})",
                        class_rows());
  EXPECT_EQ(none.bench.mistakes(),
            Mistakes{"`unknown_class: dead_letter` needs `classes`: they say what a label may be"});
  EXPECT_EQ(mistakes(std::string(kRefusing) +
                         R"(, "labels": {"input": "labels", "match": {"kind": "id"}, "wait": "1d",
                             "present": "low"}})",
                     {{{"id", Type::text}}}),
            Mistakes{"`unknown_class: dead_letter` is for labels that records hold; here `present` "
                     "is the label"});
}

}  // namespace
}  // namespace weir
