// Rows whose labels' source is not heard: they are held, and nothing false is learned of them.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/operators/model/labels_bench.h"

namespace weir {
namespace {

using namespace labels_test;

/// Labels are heard unless they are silent for more than 3 s.
ModelBench listening(const std::string& more = "") {
  return model(R"(, "heard": "3s", "absent": false)" + more);
}

double figure(const ModelBench& model, const std::string& name) {
  return model.bench.report()["weir_" + name];
}

/// A label of nobody's row, by which the source is heard.
InputRow other(std::int64_t time) { return label(time, "other " + std::to_string(time)); }

TEST(HeldRows, WaitUntilTheLabelsAreHeardSoFar) {
  ModelBench fraud = listening();
  fraud.run({row(0, "a"), other(1'000), tick(3'000), other(3'500), other(6'000), other(8'800),
             tick(10'500)});
  EXPECT_EQ(fraud.rows(kOutcomes), 0u);
  EXPECT_EQ(figure(fraud, "labels_held"), 1);
  EXPECT_EQ(figure(fraud, "labels_waiting"), 1);
  fraud.run({row(11'000, "b"), other(10'000)});
  ASSERT_EQ(fraud.rows(kOutcomes), 1u);
  EXPECT_EQ(fraud.text(kOutcomes, 0, "id"), "a");
  EXPECT_EQ(fraud.number(kOutcomes, 0, "label"), 0);
  EXPECT_EQ(fraud.number(kOutcomes, 0, "label_delay"), 10'000);
  EXPECT_EQ(fraud.outputs[kOutcomes][0].sequence, 8u);
  EXPECT_EQ(figure(fraud, "labels_held"), 0);
}

TEST(HeldRows, AreJoinedByALabelThatWasHeldUp) {
  ModelBench fraud = listening();
  fraud.run({row(0, "a"), row(1, "b"), other(1'000), tick(60'000)});
  EXPECT_EQ(fraud.rows(kOutcomes), 0u);
  EXPECT_EQ(figure(fraud, "labels_held"), 2);
  EXPECT_EQ(figure(fraud, "labels_silence_seconds"), 59);
  fraud.run({label(60'000, "a", 1), other(62'900), tick(63'000)});
  ASSERT_EQ(fraud.rows(kOutcomes), 1u);
  EXPECT_EQ(fraud.number(kOutcomes, 0, "label"), 1);
  EXPECT_EQ(figure(fraud, "labels_held"), 1);
  EXPECT_EQ(figure(fraud, "labels_silence_seconds"), 0);
  fraud.run({other(63'000)});  // the source has spoken for 3 s
  ASSERT_EQ(fraud.rows(kOutcomes), 2u);
  EXPECT_EQ(fraud.text(kOutcomes, 1, "id"), "b");
  EXPECT_EQ(fraud.number(kOutcomes, 1, "label"), 0);
  EXPECT_EQ(fraud.ended("joined"), 1);
  EXPECT_EQ(fraud.ended("absent"), 1);
  EXPECT_EQ(fraud.ended("late"), 0);
  EXPECT_EQ(figure(fraud, "labels_silences_total"), 1);
}

TEST(HeldRows, AskForNoTick) {
  ModelBench fraud = listening();
  fraud.run({row(0, "a"), row(500, "b")});
  EXPECT_EQ(fraud.bench.running().next_timer(), 10'000);
  fraud.run({tick(10'000)});
  EXPECT_EQ(fraud.bench.running().next_timer(), 10'500);
  fraud.run({tick(10'500)});
  EXPECT_EQ(fraud.bench.running().next_timer(), std::nullopt);
  fraud.bench.load(fraud.bench.save());
  EXPECT_EQ(fraud.bench.running().next_timer(), std::nullopt);
  EXPECT_EQ(figure(fraud, "labels_held"), 2);
}

TEST(HeldRows, BeyondMaxWaitingLeaveUnheardAndUnlearned) {
  ModelBench fraud = listening(R"(, "max_waiting": 2)");
  fraud.run({row(0, "a"), row(1, "b"), row(2, "c"), tick(50'000), row(50'000, "d"),
             row(50'001, "e"), row(50'002, "f")});
  EXPECT_EQ(fraud.ended("evicted"), 2);  // "a", which was not due, and "d"
  EXPECT_EQ(fraud.ended("unheard"), 2);
  EXPECT_EQ(fraud.updates(), 0);
  EXPECT_EQ(fraud.rows(kOutcomes), 0u);
}

TEST(HeldRows, LeaveUnheardWhenNothingComesAnyMore) {
  ModelBench fraud = listening();
  fraud.run({row(0, "a"), row(1, "b"), label(2'000, "b"), tick(20'000)});
  fraud.bench.drain();
  EXPECT_EQ(fraud.ended("unheard"), 1);
  EXPECT_EQ(fraud.ended("evicted"), 0);
  EXPECT_EQ(figure(fraud, "labels_waiting"), 0);
  EXPECT_EQ(figure(fraud, "labels_held"), 0);
  EXPECT_EQ(fraud.updates(), 1);
}

TEST(HeldRows, WithHeardOffEndByTheWatermarkAlone) {
  ModelBench fraud = model(R"(, "heard": "off", "absent": false)");
  fraud.run({row(0, "a"), tick(10'000)});
  EXPECT_EQ(fraud.ended("absent"), 1);
  EXPECT_EQ(figure(fraud, "labels_silence_seconds"), 0);
}

TEST(HeldRows, AreHeardByDefaultUnlessLabelsAreSilentForATenthOfTheWaitOrAnHour) {
  const auto held = [](std::string_view wait, std::int64_t silence) {
    ModelBench fraud(R"({"input": "rows", "features": ["x"], "target": "y",
                         "steps": ["logistic_regression"], "labels": {"input": "labels",
                         "match": "id", "wait": ")" +
                         std::string(wait) + "\"}}",
                     rows(), labels());
    fraud.run({other(0), tick(silence)});
    return fraud.bench.report()["weir_labels_silence_seconds"] > 0;
  };
  constexpr std::int64_t kHour = 3'600'000;
  EXPECT_FALSE(held("1m", kHour));
  EXPECT_TRUE(held("1m", kHour + 1));
  EXPECT_FALSE(held("10d", 24 * kHour));
  EXPECT_TRUE(held("10d", 24 * kHour + 1));
}

TEST(HeldRows, AreHeardByAnyRecordOfTheirOwnSource) {
  // One stream is both ports, as in a topic with rows and labels.
  const Schema both{{{"id", Type::text}, {"x", Type::number}, {"y", Type::boolean}}};
  OperatorBench bench(make_model(),
                      R"({"input": "rows", "features": ["x"], "target": "y",
                          "steps": ["logistic_regression"],
                          "labels": {"input": "labels", "match": "id", "wait": "10s",
                                     "heard": "3s", "absent": false}})",
                      {{both, true, "rows"}, {both, true, "labels"}});
  bench.sources({{{0, "all"}}, {{0, "all"}}});
  std::vector<InputRow> stream;
  for (int i = 0; i <= 10; ++i)
    stream.push_back({i * 1'000, {cell("r" + std::to_string(i)), cell(1.0), missing()}, 0});
  bench.run(stream);
  EXPECT_EQ(bench.report()["weir_labels_total{absent}"], 1);
}

}  // namespace
}  // namespace weir
