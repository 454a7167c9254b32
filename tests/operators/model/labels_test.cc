#include "operators/labels/labels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "tests/operators/model/model_bench.h"

namespace weir {
namespace {

constexpr std::int64_t kSecond = 1'000;

Schema rows() { return {{{"id", Type::text}, {"x", Type::number}, {"note", Type::text}}}; }
Schema labels() { return {{{"id", Type::text}, {"y", Type::boolean}}}; }

InputRow row(std::int64_t time, std::string_view id, double x = 1) {
  return {time, {cell(id), cell(x), cell("note of " + std::string(id))}, 0};
}
InputRow label(std::int64_t time, std::string_view id, double y = 1) {
  return {time, {cell(id), cell(y)}, 1};
}

/// A model that waits 10 s for labels and holds early ones for 2 s, with further options of
/// `labels`.
ModelBench model(std::string_view more = "", std::string_view model_options = "") {
  ModelBench made(R"({"input": "rows", "features": ["x"], "target": "y",
                      "steps": ["standard_scaler", {"logistic_regression": {"learning_rate": 0.5}}])" +
                      std::string(model_options) + R"(,
                      "labels": {"input": "labels", "match": "id", "wait": "10s", "early": "2s")" +
                      std::string(more) + "}}",
                  rows(), labels());
  EXPECT_TRUE(made.bench.ok()) << made.bench.mistakes()[0];
  return made;
}

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
  fraud.run({label(500, "b", 1)});  // old already when it comes
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

TEST(Labels, WithoutAbsentARowWhoseWaitEndsExpires) {
  ModelBench fraud = model();
  fraud.run({row(0, "a"), tick(9'999)});
  EXPECT_EQ(fraud.ended("expired"), 0);
  EXPECT_EQ(fraud.bench.running().next_timer(), 10'000);
  fraud.run({tick(10'000)});
  EXPECT_EQ(fraud.ended("expired"), 1);
  EXPECT_EQ(fraud.rows(kOutcomes), 0u);
  EXPECT_EQ(fraud.updates(), 0);
  EXPECT_EQ(fraud.bench.running().next_timer(), std::nullopt);
}

TEST(Labels, AbsentIsTheOutcomeOfARowWhoseWaitEndsAndIsLearned) {
  ModelBench fraud = model(R"(, "absent": false)");
  fraud.run({row(0, "a", 1), row(500, "b", 2), row(700, "c", 3), label(900, "b", 1), tick(10'000),
             tick(30'000)});
  ASSERT_EQ(fraud.rows(kOutcomes), 3u);
  EXPECT_EQ(fraud.text(kOutcomes, 1, "id"), "a");
  EXPECT_EQ(fraud.number(kOutcomes, 1, "label"), 0);
  EXPECT_EQ(fraud.number(kOutcomes, 1, "label_delay"), 10'000);
  EXPECT_EQ(fraud.outputs[kOutcomes][1].sequence, 4u);
  EXPECT_EQ(fraud.text(kOutcomes, 2, "id"), "c");
  EXPECT_EQ(fraud.outputs[kOutcomes][2].sequence, 5u);
  EXPECT_EQ(fraud.ended("absent"), 2);
  EXPECT_EQ(fraud.ended("expired"), 0);
  EXPECT_EQ(fraud.updates(), 3);
}

TEST(Labels, AWaitEndsBeforeTheRowAtWhosePositionTheWatermarkReachesIt) {
  ModelBench fraud = model(R"(, "absent": true)");
  // The label at 10 s comes at the position where the wait of "a" is over: it is late.
  fraud.run({row(0, "a"), label(10'000, "a", 0)});
  ASSERT_EQ(fraud.rows(kOutcomes), 1u);
  EXPECT_EQ(fraud.number(kOutcomes, 0, "label"), 1);
  EXPECT_EQ(fraud.ended("late"), 1);
  // The row at that position is scored by a model that has learned it.
  ModelBench other = model(R"(, "absent": true)");
  other.run({row(0, "a"), row(10'000, "b")});
  EXPECT_NE(other.number(kMain, 1, "score"), 0.5);
}

TEST(Labels, WaitsEndInTheOrderOfTheirTimesThenOfTheirRows) {
  ModelBench fraud = model(R"(, "absent": false)");
  fraud.run({row(3'000, "c"), row(1'000, "a"), row(2'000, "b"), row(1'000, "a2"), tick(60'000)}, 2,
            5'000);
  ASSERT_EQ(fraud.rows(kOutcomes), 4u);
  const char* order[] = {"a", "a2", "b", "c"};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(fraud.text(kOutcomes, i, "id"), order[i]);
}

TEST(Labels, ARowWhoseWaitIsOverWhenItComesEndsAtTheNextPosition) {
  for (std::size_t batch_rows : {1, 2, 3, 4}) {
    ModelBench fraud = model(R"(, "absent": false)");
    fraud.run({row(50'000, "new"), row(0, "old"), label(0, "other"), row(50'001, "newer")},
              batch_rows);
    ASSERT_EQ(fraud.rows(kOutcomes), 1u) << batch_rows;
    EXPECT_EQ(fraud.text(kOutcomes, 0, "id"), "old");
    EXPECT_EQ(fraud.outputs[kOutcomes][0].sequence, 2u);
  }
}

TEST(Labels, ALabelAfterTheWaitIsLateAndIgnored) {
  ModelBench fraud = model();
  fraud.run({row(0, "a"), tick(10'000), label(10'500, "a", 1)});
  EXPECT_EQ(fraud.ended("expired"), 1);
  EXPECT_EQ(fraud.ended("late"), 1);
  EXPECT_EQ(fraud.rows(kOutcomes), 0u);
  EXPECT_EQ(fraud.updates(), 0);
  fraud.run({tick(20'000), label(20'000, "a", 1), tick(60'000)});  // remembered for one more wait
  EXPECT_EQ(fraud.ended("late"), 1);
  EXPECT_EQ(fraud.ended("orphan"), 1);
}

TEST(Labels, LateLearnLearnsALateLabelWithTheFeaturesAsServed) {
  ModelBench fraud = model(R"(, "late": "learn")");
  fraud.run({row(0, "a", 4), tick(10'000), label(10'500, "a", 1), label(10'600, "a", 0)});
  EXPECT_EQ(fraud.ended("late"), 1);
  EXPECT_EQ(fraud.ended("duplicate"), 1);
  EXPECT_EQ(fraud.updates(), 1);
  ASSERT_EQ(fraud.rows(kOutcomes), 1u);
  EXPECT_EQ(fraud.number(kOutcomes, 0, "x"), 4);
  EXPECT_EQ(fraud.number(kOutcomes, 0, "label_delay"), 10'500);
}

TEST(Labels, AfterALateLabelTheIdIsFreeForANewRow) {
  ModelBench fraud = model(R"(, "late": "learn")");
  fraud.run({row(0, "a", 4), tick(10'000), label(10'500, "a", 1), row(11'000, "a", 5),
             label(12'000, "a", 1), label(12'500, "a", 1)});
  EXPECT_EQ(fraud.ended("duplicate_row"), 0);
  EXPECT_EQ(fraud.ended("late"), 1);
  EXPECT_EQ(fraud.ended("joined"), 1);
  EXPECT_EQ(fraud.ended("duplicate"), 1);
  EXPECT_EQ(fraud.updates(), 2);
}

TEST(Labels, ALateLabelTeachesTheNewRowOfAnIdThatHadOneBefore) {
  ModelBench fraud = model(R"(, "late": "learn")");
  fraud.run({row(0, "a", 4), tick(10'000), label(10'500, "a", 1), row(5'000, "a", 5)});
  fraud.run({tick(15'000), label(15'500, "a", 1)});
  EXPECT_EQ(fraud.ended("late"), 2);
  EXPECT_EQ(fraud.updates(), 2);
  EXPECT_EQ(fraud.number(kOutcomes, 1, "x"), 5);
}

TEST(Labels, LateLearnAfterAbsentLearnsButGivesNoSecondOutcome) {
  ModelBench fraud = model(R"(, "late": "learn", "absent": false)");
  fraud.run({row(0, "a", 4), tick(10'000), label(10'500, "a", 1)});
  EXPECT_EQ(fraud.rows(kOutcomes), 1u);
  EXPECT_EQ(fraud.number(kOutcomes, 0, "label"), 0);
  EXPECT_EQ(fraud.ended("absent"), 1);
  EXPECT_EQ(fraud.ended("late"), 1);
  EXPECT_EQ(fraud.updates(), 2);
}

TEST(Labels, OverMaxWaitingTheOldestRowsLeaveUnlearnedNeverAsAbsent) {
  ModelBench fraud = model(R"(, "absent": false, "max_waiting": 2)");
  fraud.run(
      {row(0, "a"), row(1, "b"), row(2, "c"), label(3, "a", 1), label(4, "b", 1), tick(60'000)});
  EXPECT_EQ(fraud.ended("evicted"), 1);
  EXPECT_EQ(fraud.ended("joined"), 1);
  EXPECT_EQ(fraud.ended("absent"), 1);
  EXPECT_EQ(fraud.ended("orphan"), 1);  // the label of "a"
  EXPECT_EQ(fraud.rows(kOutcomes), 2u);
  EXPECT_EQ(fraud.updates(), 2);
}

TEST(Labels, MaxWaitingBoundsTheIdsRememberedAndTheLabelsHeldToo) {
  ModelBench fraud = model(R"(, "max_waiting": 2)");
  fraud.run({row(0, "a"), label(1, "a"), row(2, "b"), label(3, "b"), row(4, "c"), label(5, "c")});
  fraud.run({label(6, "a"), label(7, "c")});
  EXPECT_EQ(fraud.ended("duplicate"), 1);  // "a" was forgotten; its label waits for a row
  fraud.run({label(8, "x"), label(9, "y")});
  EXPECT_EQ(fraud.ended("orphan"), 1);
}

TEST(Labels, PresentIsTheLabelWhateverTheRecordHolds) {
  ModelBench fraud(R"({"input": "rows", "features": ["x"], "steps": ["logistic_regression"],
                       "labels": {"input": "labels", "match": {"id": "tx"}, "wait": "10s",
                                  "present": true, "absent": false}})",
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

TEST(Labels, ClassesWaitWithTheirProbabilitiesAsServed) {
  ModelBench kinds(R"({"input": "rows", "features": ["x"], "target": "kind",
                       "classes": ["low", "high"], "probabilities": true,
                       "steps": ["softmax_regression"],
                       "labels": {"input": "labels", "match": "id", "wait": "10s",
                                  "absent": "low"}})",
                   rows(), {{{"id", Type::text}, {"kind", Type::text}}});
  ASSERT_TRUE(kinds.bench.ok()) << kinds.bench.mistakes()[0];
  const auto kind = [](std::int64_t time, std::string_view id, std::string_view name) {
    return InputRow{time, {cell(id), cell(name)}, 1};
  };
  kinds.run({row(0, "a", 1), kind(1, "a", "high"), row(2, "b", 1), row(3, "c", 1),
             kind(4, "c", "high"), tick(60'000)});
  ASSERT_EQ(kinds.rows(kOutcomes), 3u);
  EXPECT_EQ(kinds.text(kOutcomes, 1, "id"), "c");
  EXPECT_EQ(kinds.number(kOutcomes, 1, "p_high"), kinds.number(kMain, 2, "p_high"));
  EXPECT_EQ(kinds.text(kOutcomes, 2, "label"), "low");
  EXPECT_EQ(kinds.text(kOutcomes, 2, "prediction"), kinds.text(kMain, 1, "prediction"));
  EXPECT_FALSE(is_missing(kinds.number(kOutcomes, 2, "loss")));
}

TEST(Labels, ALabelOfARowThatIsNotLearnedTakesNoPlaceAmongTheClasses) {
  ModelBench kinds(R"({"input": "rows", "features": ["x"], "target": "kind", "max_classes": 2,
                       "learn_when": "x > 0", "steps": ["softmax_regression"],
                       "labels": {"input": "labels", "match": "id", "wait": "10s"}})",
                   rows(), {{{"id", Type::text}, {"kind", Type::text}}});
  ASSERT_TRUE(kinds.bench.ok()) << kinds.bench.mistakes()[0];
  const auto kind = [](std::int64_t time, std::string_view id, std::string_view name) {
    return InputRow{time, {cell(id), cell(name)}, 1};
  };
  kinds.run({row(0, "a", -1), kind(1, "a", "u"), row(2, "b", -1), kind(3, "b", "v"),  //
             row(4, "c"), kind(5, "c", "low"), row(6, "d"), kind(7, "d", "high")});
  EXPECT_EQ(kinds.rows(kOutcomes), 4u);
  EXPECT_EQ(kinds.updates(), 2);
  EXPECT_EQ(kinds.text(kMain, 3, "prediction"), "low");
}

/// Whether a model of x and z is, after a row named u and its label, as if there had been neither.
void expect_not_learned(std::string_view option, Cell x, double z) {
  const auto make = [&] {
    return ModelBench(R"({"input": "rows", "features": ["x", "z"], "target": "y",
                          "steps": ["standard_scaler", "logistic_regression"], )" +
                          std::string(option) + R"(,
                          "labels": {"input": "labels", "match": "id", "wait": "10s"}})",
                      {{{"id", Type::text}, {"x", Type::number}, {"z", Type::number}}}, labels());
  };
  const auto both = [](std::int64_t time, std::string_view id, Cell one, double other) {
    return InputRow{time, {cell(id), std::move(one), cell(other)}, 0};
  };
  ModelBench with = make(), without = make();
  for (ModelBench* model : {&with, &without})
    model->run({both(0, "a", cell(1), 2), label(1, "a", 0),  //
                both(2, "b", cell(3), 1), label(3, "b")});
  with.run({both(4, "u", std::move(x), z), label(5, "u", 0)});
  ASSERT_EQ(with.rows(kOutcomes), 3u);
  for (ModelBench* model : {&with, &without}) model->run({both(6, "c", cell(2), 1)});
  EXPECT_EQ(with.number(kMain, 3, "score"), without.number(kMain, 2, "score"));
}

TEST(Labels, NoPartLearnsARowForWhichLearnWhenIsNotTrue) {
  expect_not_learned(R"("learn_when": "z < 9")", cell(9), 9);
}

TEST(Labels, NoPartLearnsARowThatWasServedTheFallback) {
  expect_not_learned(R"("fallback": 0.5)", missing(), 9);
}

TEST(Labels, AFallbackRowWaitsAndGivesAnOutcomeButIsNotLearned) {
  ModelBench fraud = model("", R"(, "fallback": 0.25)");
  InputRow broken = row(0, "a");
  broken.cells[1] = missing();
  fraud.run({broken, label(1, "a", 1)});
  ASSERT_EQ(fraud.rows(kOutcomes), 1u);
  EXPECT_EQ(fraud.number(kOutcomes, 0, "fallback"), 1);
  EXPECT_EQ(fraud.number(kOutcomes, 0, "score"), 0.25);
  EXPECT_EQ(fraud.at(kOutcomes, 0, "x"), missing());
  EXPECT_EQ(fraud.ended("joined"), 1);
  EXPECT_EQ(fraud.updates(), 0);
}

TEST(Labels, LearnWhenFalseStillGivesAnOutcome) {
  ModelBench fraud = model("", R"(, "learn_when": "x > 2")");
  fraud.run({row(0, "a", 1), row(0, "b", 3), label(1, "a"), label(1, "b")});
  EXPECT_EQ(fraud.rows(kOutcomes), 2u);
  EXPECT_EQ(fraud.updates(), 1);
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

TEST(Labels, ALabelSourceSilentForADayStillLetsAbsentCome) {
  ModelBench fraud(R"({"input": "rows", "features": ["x"], "target": "y",
                       "steps": ["logistic_regression"],
                       "labels": {"input": "labels", "match": "id", "wait": "1d",
                                  "absent": false}})",
                   rows(), labels());
  std::vector<InputRow> input;
  for (int i = 0; i < 100; ++i) input.push_back(row(i * kSecond, "tx" + std::to_string(i)));
  fraud.run(input);
  // Nothing but time, a tick whenever the earliest timer is reached.
  std::size_t ticks = 0;
  while (const auto timer = fraud.bench.running().next_timer()) {
    fraud.run({tick(*timer)});
    ASSERT_LE(++ticks, 100u);
  }
  EXPECT_EQ(ticks, 100u);
  ASSERT_EQ(fraud.rows(kOutcomes), 100u);
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(fraud.outputs[kOutcomes][i].sequence, 100 + i);
  EXPECT_EQ(fraud.ended("absent"), 100);
  EXPECT_EQ(fraud.updates(), 100);
}

TEST(Labels, WhatNobodyReadsOfOutcomesIsNotKept) {
  ModelBench all = model(), some = model();
  some.bench.unread(kOutcomes, "note");
  some.bench.restart();
  for (ModelBench* one : {&all, &some}) one->run({row(0, "a"), row(1, "b")});
  EXPECT_EQ(all.bench.save().size() - some.bench.save().size(),
            2 * (std::string_view("note of a").size() + 8) + 16);
  some.run({label(2, "a")});
  EXPECT_EQ(some.at(kOutcomes, 0, "note"), missing());
  EXPECT_EQ(some.number(kOutcomes, 0, "x"), 1);
}

TEST(Labels, AStateOfOtherFieldsIsRefused) {
  ModelBench all = model(), some = model();
  some.bench.unread(kOutcomes, "note");
  some.bench.restart();
  EXPECT_THROW(some.bench.load(all.bench.save()), StateError);
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
  EXPECT_EQ(mistakes(R"({"input": "labels", "match": "id"})"), Mistakes{"wait is missing"});
  EXPECT_EQ(mistakes(R"({"input": "labels", "match": {"x": "id"}, "wait": "1s"})"),
            Mistakes{"`match` compares number with text"});
  EXPECT_EQ(mistakes(R"({"input": "labels", "match": {"id": "id", "x": "y"}, "wait": "1s"})"),
            Mistakes{"match: one field names a row"});
  EXPECT_EQ(mistakes(R"({"input": "labels", "match": "id", "wait": "1s", "absent": 3})"),
            Mistakes{"`absent` must be a boolean, as the target is"});
  EXPECT_EQ(mistakes(R"({"input": "labels", "match": "id", "wait": "1s", "field": "y",
                         "present": true})"),
            Mistakes{"`present` is the label: leave out `field`"});
  EXPECT_EQ(mistakes(R"({"input": "labels", "match": "id", "wait": "1s"})", ""),
            Mistakes{"a model needs a `target`: the label's field"});
  EXPECT_EQ(mistakes(R"({"input": "labels", "match": "id", "wait": "1s", "rows": "some"})"),
            Mistakes{"rows is not one of first|last|all"});

  const ModelBench good = model();
  using Fields = std::vector<std::pair<std::size_t, std::size_t>>;
  EXPECT_EQ(good.bench.binding().labels, (Fields{{1, 1}}));
  EXPECT_EQ(good.bench.binding().required, (Fields{{0, 0}, {1, 0}}));
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
