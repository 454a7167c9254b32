// How a row's wait for its label ends: without one, as `absent`, with a late one, for want of room.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/operators/model/labels_bench.h"

namespace weir {
namespace {

using namespace labels_test;

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

TEST(Labels, TheWaitOfALateRowBeginsWhenItArrives) {
  for (std::size_t batch_rows : {1, 2, 3, 4, 5}) {
    ModelBench fraud = model(R"(, "absent": false)");
    fraud.run({row(50'000, "new"), row(0, "old"), label(50'100, "old", 1), row(0, "older"),
               row(59'999, "newer"), tick(60'099), tick(60'100)},
              batch_rows);
    ASSERT_EQ(fraud.rows(kOutcomes), 3u) << batch_rows;
    EXPECT_EQ(fraud.text(kOutcomes, 0, "id"), "old");
    EXPECT_EQ(fraud.number(kOutcomes, 0, "label"), 1);
    EXPECT_EQ(fraud.text(kOutcomes, 1, "id"), "new");
    EXPECT_EQ(fraud.outputs[kOutcomes][1].sequence, 5u);
    EXPECT_EQ(fraud.text(kOutcomes, 2, "id"), "older");
    EXPECT_EQ(fraud.outputs[kOutcomes][2].sequence, 6u);
    EXPECT_EQ(fraud.ended("late"), 0);
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
  fraud.run({row(0, "a", 4), tick(10'000), label(10'500, "a", 1), row(10'600, "a", 5)});
  fraud.run({tick(20'600), label(20'700, "a", 1)});
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

TEST(Labels, WithHeardOffALabelSourceSilentForADayLetsAbsentCome) {
  ModelBench fraud(R"({"input": "rows", "features": ["x"], "target": "y",
                       "steps": ["logistic_regression"],
                       "labels": {"input": "labels", "match": "id", "wait": "1d",
                                  "heard": "off", "absent": false}})",
                   rows(), labels());
  std::vector<InputRow> input;
  for (int i = 0; i < 100; ++i) input.push_back(row(i * 1'000, "tx" + std::to_string(i)));
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

}  // namespace
}  // namespace weir
