#include "operators/labels/labels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "tests/operators/model/labels_bench.h"

namespace weir {
namespace {

using namespace labels_test;

TEST(Labels, ALabelTeachesTheRowItNamesAndGivesItsOutcome) {
  ModelBench fraud = model();
  fraud.run({row(0, "a", 3), row(1'000, "b", -3), label(4'000, "b", 0), label(5'000, "a", 1)});
  ASSERT_EQ(fraud.rows(kOutcomes), 2u);
  EXPECT_EQ(fraud.text(kOutcomes, 0, "id"), "b");
  EXPECT_EQ(fraud.text(kOutcomes, 0, "note"), "note of b");
  EXPECT_EQ(fraud.number(kOutcomes, 0, "x"), -3);
  EXPECT_EQ(fraud.number(kOutcomes, 0, "label"), 0);
  EXPECT_EQ(fraud.number(kOutcomes, 0, "label_delay"), 3'000);
  EXPECT_EQ(fraud.outputs[kOutcomes][0].sequence, 2u);
  EXPECT_EQ(fraud.text(kOutcomes, 1, "id"), "a");
  EXPECT_EQ(fraud.number(kOutcomes, 1, "label_delay"), 5'000);
  EXPECT_EQ(fraud.ended("joined"), 2);
  EXPECT_EQ(fraud.updates(), 2);
  EXPECT_EQ(fraud.bench.report()["weir_labels_waiting"], 0);
}

TEST(Labels, AnOutcomeCarriesThePredictionAsServedNotASecondOne) {
  ModelBench fraud = model();
  fraud.run({row(0, "a"), row(0, "b"), label(1'000, "a", 1), label(2'000, "b", 1)});
  EXPECT_EQ(fraud.number(kMain, 1, "score"), 0.5);
  EXPECT_EQ(fraud.number(kOutcomes, 1, "score"), 0.5);  // though the model has learned since
  EXPECT_EQ(fraud.number(kOutcomes, 1, "updates"), 0);
  EXPECT_EQ(fraud.text(kOutcomes, 1, "model_version"), "00000000.1");
  EXPECT_EQ(fraud.number(kOutcomes, 1, "loss"), -std::log(0.5));
}

TEST(Labels, AtOneSequenceNumberTheRowIsScoredBeforeItsLabelIsLearned) {
  // Both ports read one source: the rows carry their label.
  const Schema both{{{"id", Type::text}, {"x", Type::number}, {"y", Type::boolean}}};
  OperatorBench bench(make_model(),
                      R"({"input": "rows", "features": ["x"], "target": "y",
                          "steps": ["logistic_regression"],
                          "labels": {"input": "rows", "match": "id", "wait": "10s"}})",
                      {{both, true, "rows"}, {both, true, "rows"}});
  ASSERT_TRUE(bench.ok());
  Step step;
  step.clear(0);
  const std::string_view ids[] = {"a", "b"};
  const double x[] = {1, 1}, y[] = {1, 1};
  const std::uint32_t positions[] = {0, 1};
  for (std::int64_t time : {0, 1}) {
    step.source.push_back(0);
    step.event_time.push_back(time);
    step.watermark.push_back(time);
    step.late.push_back(false);
  }
  Column columns[3];
  columns[0] = ids;
  columns[1] = x;
  columns[2] = y;
  const Batch batch{&both, 2, positions, columns};
  const Batch inputs[] = {batch, batch};
  Batch outputs[] = {{&bench.binding().outputs[0].schema}, {&bench.binding().outputs[1].schema}};
  bench.running().process(step, inputs, outputs);
  ASSERT_EQ(outputs[1].rows, 2u);
  EXPECT_EQ(outputs[1].positions[0], 0u);
  const std::size_t score = *outputs[0].schema->find("score");
  EXPECT_EQ(outputs[0].number(score, 0), 0.5);
  EXPECT_GT(outputs[0].number(score, 1), 0.5);  // the first label was learned before row 1
}

TEST(Labels, TheFirstLabelWinsAndASecondIsADuplicateUntilTheWaitEnds) {
  ModelBench fraud = model();
  fraud.run({row(0, "a"), label(1'000, "a", 1), label(2'000, "a", 0)});
  EXPECT_EQ(fraud.rows(kOutcomes), 1u);
  EXPECT_EQ(fraud.number(kOutcomes, 0, "label"), 1);
  EXPECT_EQ(fraud.ended("duplicate"), 1);
  EXPECT_EQ(fraud.updates(), 1);
  fraud.run({tick(9'999), label(9'999, "a", 0)});
  EXPECT_EQ(fraud.ended("duplicate"), 2);
  fraud.run({tick(10'000), label(10'000, "a", 0), tick(12'000)});  // forgotten: nobody's label
  EXPECT_EQ(fraud.ended("duplicate"), 2);
  EXPECT_EQ(fraud.ended("orphan"), 1);
  EXPECT_EQ(fraud.updates(), 1);
}

TEST(Labels, ALabelBeforeItsRowWaitsForIt) {
  ModelBench fraud = model();
  fraud.run({label(1'000, "a", 1), row(2'500, "a")}, 1);
  ASSERT_EQ(fraud.rows(kOutcomes), 1u);
  EXPECT_EQ(fraud.number(kOutcomes, 0, "label_delay"), -1'500);
  EXPECT_EQ(fraud.outputs[kOutcomes][0].sequence, 1u);
  EXPECT_EQ(fraud.ended("joined"), 1);
  EXPECT_EQ(fraud.updates(), 1);
  fraud.run({label(3'000, "a", 1), row(3'000, "a")});
  EXPECT_EQ(fraud.ended("duplicate"), 1);
  EXPECT_EQ(fraud.ended("duplicate_row"), 1);
}

TEST(Labels, ALabelWithoutRowIsAnOrphanOnceTheWatermarkPassesItsTimeAndEarly) {
  ModelBench fraud = model();
  fraud.run({label(1'000, "a", 1), tick(2'999)});
  EXPECT_EQ(fraud.ended("orphan"), 0);
  fraud.run({label(2'999, "a", 0)});  // one is there already
  EXPECT_EQ(fraud.ended("duplicate"), 1);
  fraud.run({tick(3'000)});
  EXPECT_EQ(fraud.ended("orphan"), 1);
  fraud.run({row(3'100, "a")});
  EXPECT_EQ(fraud.rows(kOutcomes), 0u);
  fraud.run({label(500, "b", 1), tick(5'099)});  // old already when it comes: at 3.1 s
  EXPECT_EQ(fraud.ended("orphan"), 1);
  fraud.run({tick(5'100)});
  EXPECT_EQ(fraud.ended("orphan"), 2);
}

TEST(Labels, RowsFirstScoresASecondRowOfAnIdButDoesNotLearnIt) {
  ModelBench fraud = model();
  fraud.run({row(0, "a", 1), row(1'000, "a", 50), label(2'000, "a", 1), row(3'000, "a", 70)});
  EXPECT_EQ(fraud.rows(kMain), 3u);
  ASSERT_EQ(fraud.rows(kOutcomes), 1u);
  EXPECT_EQ(fraud.number(kOutcomes, 0, "x"), 1);
  EXPECT_EQ(fraud.ended("duplicate_row"), 2);
  ModelBench once = model();  // no part learned the second row, the scaler neither
  once.run({row(0, "a", 1), label(2'000, "a", 1)});
  once.run({row(4'000, "b", 2)});
  fraud.run({row(4'000, "b", 2)});
  EXPECT_EQ(fraud.number(kMain, 3, "score"), once.number(kMain, 1, "score"));
}

TEST(Labels, AnIdIsFreeAgainOnceTheWaitOfItsRowHasEnded) {
  ModelBench fraud = model();
  fraud.run({row(0, "a", 1), label(1'000, "a", 1), row(10'000, "a", 2), label(11'000, "a", 0)});
  EXPECT_EQ(fraud.ended("duplicate_row"), 0);
  ASSERT_EQ(fraud.rows(kOutcomes), 2u);
  EXPECT_EQ(fraud.number(kOutcomes, 1, "x"), 2);
}

TEST(Labels, RowsLastLetsASecondRowTakeThePlaceOfTheFirst) {
  ModelBench fraud = model(R"(, "rows": "last")");
  fraud.run({row(0, "a", 1), row(1'000, "a", 2), label(2'000, "a", 1)});
  ASSERT_EQ(fraud.rows(kOutcomes), 1u);
  EXPECT_EQ(fraud.number(kOutcomes, 0, "x"), 2);
  EXPECT_EQ(fraud.number(kOutcomes, 0, "label_delay"), 1'000);
  EXPECT_EQ(fraud.ended("superseded"), 1);
  EXPECT_EQ(fraud.ended("duplicate_row"), 0);
  EXPECT_EQ(fraud.updates(), 1);
  fraud.run({tick(60'000)});
  EXPECT_EQ(fraud.ended("expired"), 0);  // the first left without a trace
}

TEST(Labels, RowsAllLetsOneLabelServeEveryRowOfItsId) {
  ModelBench fraud = model(R"(, "rows": "all")");
  fraud.run({row(0, "a", 1), row(1'000, "a", 2), row(1'500, "b", 9), label(2'000, "a", 1),
             row(3'000, "a", 3), row(3'500, "a", 4), label(3'600, "a", 0)});
  ASSERT_EQ(fraud.rows(kOutcomes), 4u);  // early: 2s: the label serves rows until 4 s
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(fraud.number(kOutcomes, i, "x"), static_cast<double>(i + 1));
  EXPECT_EQ(fraud.outputs[kOutcomes][0].sequence, 3u);
  EXPECT_EQ(fraud.outputs[kOutcomes][1].sequence, 3u);
  EXPECT_EQ(fraud.updates(), 4);
  EXPECT_EQ(fraud.ended("joined"), 4);
  EXPECT_EQ(fraud.ended("duplicate"), 1);
  fraud.run({row(4'500, "a", 5)});  // the label has been used and is gone
  EXPECT_EQ(fraud.ended("duplicate_row"), 1);
  fraud.run({tick(60'000)});
  EXPECT_EQ(fraud.ended("orphan"), 0);
}

TEST(Labels, RowsAllKeepsSoManyRowsOfOneId) {
  ModelBench fraud = model(R"(, "rows": "all", "max_per_id": 3)");
  fraud.run({row(0, "b", 9), row(1, "a", 1), row(2, "a", 2), row(3, "a", 3), row(4, "a", 4),
             row(5, "a", 5), label(6, "a"), label(7, "b")});
  EXPECT_EQ(fraud.ended("evicted"), 2);
  ASSERT_EQ(fraud.rows(kOutcomes), 4u);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(fraud.number(kOutcomes, i, "x"), static_cast<double>(i + 3));
}

TEST(Labels, RowsAllRemembersSoManyRowsOfOneId) {
  ModelBench fraud = model(R"(, "rows": "all", "max_per_id": 3, "max_waiting": 5)");
  std::vector<InputRow> stream = {row(0, "b"), label(1, "b"), label(2, "a")};
  for (std::int64_t time = 3; time < 10; ++time) stream.push_back(row(time, "a"));
  stream.push_back(label(5'000, "b"));  // known still: "a" has not taken all places
  fraud.run(stream);
  EXPECT_EQ(fraud.ended("joined"), 8);
  EXPECT_EQ(fraud.ended("duplicate"), 1);
}

TEST(Labels, PresentIsTheLabelWhateverTheRecordHolds) {
  ModelBench fraud(R"({"input": "rows", "features": ["x"], "steps": ["logistic_regression"],
                       "labels": {"input": "labels", "match": {"id": "tx"}, "wait": "10s",
                                  "heard": "off", "present": true, "absent": false}})",
                   rows(), {{{"tx", Type::text}}});
  ASSERT_TRUE(fraud.bench.ok()) << fraud.bench.mistakes()[0];
  fraud.run({row(0, "a"), row(1, "b"), {2, {cell("b")}, 1}, tick(60'000)});
  ASSERT_EQ(fraud.rows(kOutcomes), 2u);
  EXPECT_EQ(fraud.number(kOutcomes, 0, "label"), 1);
  EXPECT_EQ(fraud.text(kOutcomes, 0, "id"), "b");
  EXPECT_EQ(fraud.number(kOutcomes, 1, "label"), 0);
}

TEST(Labels, FieldNamesTheLabelWhenItIsNotTheTarget) {
  ModelBench fraud(R"({"input": "rows", "features": ["x"], "target": "y",
                       "steps": ["linear_regression"],
                       "labels": {"input": "labels", "match": "id", "wait": "10s",
                                  "field": "amount"}})",
                   rows(), {{{"id", Type::text}, {"amount", Type::number}}});
  ASSERT_TRUE(fraud.bench.ok()) << fraud.bench.mistakes()[0];
  fraud.run({row(0, "a"), {1, {cell("a"), cell(7.5)}, 1}});
  EXPECT_EQ(fraud.number(kOutcomes, 0, "label"), 7.5);
}

TEST(Labels, ALabelWithoutValueAndARowWithoutIdAreCounted) {
  ModelBench fraud = model();
  InputRow nameless = row(0, "a");
  nameless.cells[0] = missing();
  InputRow empty = label(1, "a");
  empty.cells[1] = missing();
  fraud.run({nameless, row(0, "a"), empty, label(2, "a")});
  EXPECT_EQ(fraud.rows(kMain), 2u);
  EXPECT_EQ(fraud.ended("unmatched"), 1);
  EXPECT_EQ(fraud.ended("missing"), 1);
  EXPECT_EQ(fraud.ended("joined"), 1);
}

TEST(Labels, NumbersMatchToo) {
  ModelBench fraud(R"({"input": "rows", "features": ["x"], "target": "y",
                       "steps": ["logistic_regression"],
                       "labels": {"input": "labels", "match": "number", "wait": "10s"}})",
                   {{{"number", Type::number}, {"x", Type::number}}},
                   {{{"number", Type::number}, {"y", Type::boolean}}});
  ASSERT_TRUE(fraud.bench.ok()) << fraud.bench.mistakes()[0];
  const auto numbered = [](std::int64_t time, double number, std::size_t port) {
    return InputRow{time, {cell(number), cell(1.0)}, port};
  };
  fraud.run({numbered(0, 7, 0), numbered(0, 8, 0), numbered(0, 0.0, 0), numbered(1, 8, 1),
             numbered(2, -0.0, 1), numbered(2, 99, 1), numbered(3, 99, 0)});
  EXPECT_EQ(fraud.ended("joined"), 3);
  EXPECT_EQ(fraud.number(kOutcomes, 0, "number"), 8);
}

TEST(Labels, WhatNobodyReadsOfOutcomesIsNotKept) {
  ModelBench all = model(), some = model();
  some.bench.unread(kOutcomes, "note");
  some.bench.restart();
  for (ModelBench* one : {&all, &some}) one->run({row(0, "a"), row(1, "b")});
  EXPECT_EQ(all.bench.save().size() - some.bench.save().size(),
            2 * (std::string_view("note of a").size() + 8) + 16 +
                (std::string_view("note:text").size() + 8))
      << "two texts, their column, its name";
  some.run({label(2, "a")});
  EXPECT_EQ(some.at(kOutcomes, 0, "note"), missing());
  EXPECT_EQ(some.number(kOutcomes, 0, "x"), 1);
}

TEST(Labels, ReportMistakesOfTheirOptions) {
  const auto mistakes = [](std::string_view block, std::string_view target = R"("target": "y",)") {
    return ModelBench(R"({"input": "rows", "features": ["x"], )" + std::string(target) +
                          R"("steps": ["logistic_regression"], "labels": )" + std::string(block) +
                          "}",
                      rows(), labels())
        .bench.mistakes();
  };
  using Mistakes = std::vector<std::string>;
  EXPECT_EQ(mistakes(R"({"input": "labels", "match": "id"})"), Mistakes{"`labels` needs `wait`"});
  EXPECT_EQ(mistakes(R"({"input": "labels", "match": {"x": "id"}, "wait": "1s"})"),
            Mistakes{"`match` compares number with text"});
  EXPECT_EQ(mistakes(R"({"input": "labels", "match": {"id": "id", "x": "y"}, "wait": "1s"})"),
            Mistakes{"`match`: one field names a row"});
  EXPECT_EQ(mistakes(R"({"input": "labels", "match": "id", "wait": "1s", "absent": 3})"),
            Mistakes{"`absent` must be a boolean, as the target is"});
  EXPECT_EQ(mistakes(R"({"input": "labels", "match": "id", "wait": "1s", "field": "y",
                         "present": true})"),
            Mistakes{"`present` is the label: remove `field`"});
  EXPECT_EQ(mistakes(R"({"input": "labels", "match": "id", "wait": "1s"})", ""),
            Mistakes{"a model needs a `target`: the label's field"});
  EXPECT_EQ(mistakes(R"({"input": "labels", "match": "id", "wait": "1s", "rows": "some"})"),
            Mistakes{"`rows` must be one of first, last, all, not `some`"});

  const ModelBench good = model();
  using Fields = std::vector<std::pair<std::size_t, std::size_t>>;
  EXPECT_EQ(good.bench.binding().labels, (Fields{{1, 1}}));
  EXPECT_EQ(good.bench.binding().identities, (Fields{{0, 0}, {1, 0}}));
}

// A source's record with such an id is refused; a computed one may come.
TEST(Labels, ANumberOf2To53IsNoIdSinceItsNeighboursAreTheSame) {
  const Schema rows{{{"id", Type::number}, {"x", Type::number}}};
  const Schema labels{{{"id", Type::number}, {"y", Type::boolean}}};
  ModelBench fraud(R"({"input": "rows", "features": ["x"], "target": "y",
                       "steps": ["logistic_regression"],
                       "labels": {"input": "labels", "match": "id", "wait": "10s"}})",
                   rows, labels);
  ASSERT_TRUE(fraud.bench.ok());
  const auto row = [](double id) { return InputRow{0, {cell(id), cell(1)}}; };
  const auto label = [](double id) { return InputRow{1, {cell(id), cell(1)}, 1}; };
  fraud.run({row(0x1p53), row(0x1p53 - 1), label(0x1p53), label(0x1p53 - 1)});
  EXPECT_EQ(fraud.ended("unmatched"), 1);
  EXPECT_EQ(fraud.ended("missing"), 1);
  EXPECT_EQ(fraud.ended("joined"), 1);
  EXPECT_EQ(fraud.rows(kMain), 2u) << "both are served";
}

TEST(Labels, NeedEventTimes) {
  OperatorBench bench(make_model(),
                      R"({"input": "rows", "features": ["x"], "target": "y",
                          "steps": ["logistic_regression"],
                          "labels": {"input": "labels", "match": "id", "wait": "10s"}})",
                      {{rows(), true, "rows"}, {labels(), false, "labels"}});
  ASSERT_EQ(bench.mistakes().size(), 1u);
  EXPECT_EQ(bench.mistakes()[0],
            "labels wait in event time, but `labels` has none: give its source a `time:`");
}

}  // namespace
}  // namespace weir
