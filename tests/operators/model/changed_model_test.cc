#include <gtest/gtest.h>

#include <string>

#include "tests/operators/model/model_bench.h"

// A model that takes over the state of one with other options.

namespace weir {
namespace {

Schema rows() {
  return {{{"id", Type::text}, {"x", Type::number}, {"z", Type::number}, {"note", Type::text}}};
}
Schema labels() { return {{{"id", Type::text}, {"y", Type::boolean}}}; }
Schema named_labels() { return {{{"id", Type::text}, {"y", Type::text}}}; }

InputRow row(std::int64_t time, std::string_view id, double x = 1) {
  return {time, {cell(id), cell(x), cell(2 * x), cell("note of " + std::string(id))}, 0};
}
InputRow label(std::int64_t time, std::string_view id, double y = 1) {
  return {time, {cell(id), cell(y)}, 1};
}
InputRow label(std::int64_t time, std::string_view id, const char* y) {
  return {time, {cell(id), cell(y)}, 1};
}

std::string options(std::string_view of_labels = R"("wait": "10s")",
                    std::string_view of_model = "", std::string_view features = R"(["x"])") {
  return R"({"input": "rows", "features": )" + std::string(features) +
         R"(, "target": "y", "steps": ["logistic_regression"])" + std::string(of_model) +
         R"(, "labels": {"input": "labels", "match": "id", )" + std::string(of_labels) + "}}";
}

ModelBench model(const std::string& options) {
  ModelBench made(options, rows(), labels());
  EXPECT_TRUE(made.bench.ok()) << made.bench.mistakes()[0];
  return made;
}

TEST(ChangedModel, AnotherWaitHoldsForRowsThatComeAfterwards) {
  ModelBench before = model(options());
  before.run({row(0, "a")});
  ModelBench after = model(options(R"("wait": "20s", "heard": "off")"));
  after.bench.load(before.bench.save());
  after.run({row(1'000, "b"), tick(10'000)});
  EXPECT_EQ(after.ended("expired"), 1) << "a still waits 10 s";
  after.run({tick(20'999)});
  EXPECT_EQ(after.ended("expired"), 1);
  after.run({tick(21'000)});
  EXPECT_EQ(after.ended("expired"), 2);
}

TEST(ChangedModel, ASmallerLimitLetsTheOldestRowsGoBeforeTheNextStep) {
  ModelBench before = model(options());
  before.run({row(0, "a"), row(1, "b"), row(2, "c"), row(3, "d")});
  ModelBench after = model(options(R"("wait": "10s", "max_waiting": 2)"));
  after.bench.load(before.bench.save());
  EXPECT_EQ(after.bench.save(), before.bench.save());
  after.run({label(4, "a"), label(5, "b"), label(6, "c"), label(7, "d")});
  EXPECT_EQ(after.ended("evicted"), 2);
  ASSERT_EQ(after.rows(kOutcomes), 2u);
  EXPECT_EQ(after.text(kOutcomes, 0, "id"), "c");
  EXPECT_EQ(after.text(kOutcomes, 1, "id"), "d");
}

TEST(ChangedModel, RowsThatAreHeldBeyondASmallerLimitGoUnheard) {
  ModelBench before = model(options());
  before.run({row(0, "a"), row(1, "b"), row(2, "c"), tick(20'000)});
  ModelBench after = model(options(R"("wait": "10s", "max_waiting": 2)"));
  after.bench.load(before.bench.save());
  after.run({tick(20'001)});
  EXPECT_EQ(after.ended("unheard"), 1);
  EXPECT_EQ(after.ended("evicted"), 0);
  EXPECT_EQ(after.bench.report()["weir_labels_held"], 2);
}

TEST(ChangedModel, ShedsTheSameWhereverStepsAreCut) {
  ModelBench before = model(options());
  before.run({row(0, "a"), row(1, "b"), row(2, "c"), row(3, "d")});
  const auto hash = [&](std::size_t batch_rows) {
    ModelBench after = model(options(R"("wait": "10s", "max_waiting": 2, "max_per_id": 1,
                                        "rows": "all")"));
    after.bench.load(before.bench.save());
    after.run({label(4, "a"), row(5, "e"), label(6, "d"), row(12'000, "f")}, batch_rows);
    return after.bench.state_hash();
  };
  EXPECT_EQ(hash(1), hash(4096));
  EXPECT_EQ(hash(3), hash(4096));
}

TEST(ChangedModel, RowsOfOneIdBeyondASmallerLimitGoWhenTheNextComes) {
  ModelBench before = model(options(R"("wait": "10s", "rows": "all")"));
  before.run({row(0, "a", 1), row(1, "a", 2), row(2, "a", 3)});
  ModelBench after = model(options(R"("wait": "10s", "rows": "all", "max_per_id": 2)"));
  after.bench.load(before.bench.save());
  after.run({row(3, "a", 4), label(4, "a")});
  EXPECT_EQ(after.ended("evicted"), 2);
  ASSERT_EQ(after.rows(kOutcomes), 2u);
  EXPECT_EQ(after.number(kOutcomes, 0, "x"), 3);
  EXPECT_EQ(after.number(kOutcomes, 1, "x"), 4);
}

TEST(ChangedModel, RowsKeptForLateLabelsTeachNothingOnceLateLabelsAreIgnored) {
  ModelBench before = model(options(R"("wait": "10s", "late": "learn")"));
  before.run({row(0, "a"), tick(11'000)});
  ModelBench after = model(options(R"("wait": "10s", "late": "ignore")"));
  after.bench.load(before.bench.save());
  after.run({label(12'000, "a")});
  EXPECT_EQ(after.ended("late"), 1);
  EXPECT_EQ(after.updates(), 0);
  EXPECT_EQ(after.rows(kOutcomes), 0u);
}

TEST(ChangedModel, ARowThatWaitedGivesWhatANewReaderWantsAsFarAsItHasIt) {
  ModelBench before = model(options());
  before.bench.unread(kOutcomes, "note");
  before.bench.unread(kOutcomes, "z");
  before.bench.restart();
  before.run({row(0, "a", 7)});
  ModelBench after = model(options());
  after.bench.load(before.bench.save());
  after.run({row(1, "b", 8), label(2, "a"), label(3, "b")});
  ASSERT_EQ(after.rows(kOutcomes), 2u);
  EXPECT_EQ(after.number(kOutcomes, 0, "x"), 7);
  EXPECT_TRUE(is_missing(after.number(kOutcomes, 0, "z")));
  EXPECT_EQ(after.text(kOutcomes, 0, "note"), "(missing)");
  EXPECT_EQ(after.number(kOutcomes, 1, "z"), 16);
  EXPECT_EQ(after.text(kOutcomes, 1, "note"), "note of b");
}

TEST(ChangedModel, AnotherFallbackIsAClassThatIsKnownFromTheStart) {
  const auto classes = [](const char* fallback) {
    ModelBench made(R"({"input": "rows", "features": ["x"], "target": "y",
                        "steps": ["softmax_regression"], "fallback": ")" +
                        std::string(fallback) + R"(",
                        "labels": {"input": "labels", "match": "id", "wait": "10s"}})",
                    rows(), named_labels());
    EXPECT_TRUE(made.bench.ok()) << made.bench.mistakes()[0];
    return made;
  };
  ModelBench before = classes("none");
  before.run({row(0, "a"), row(1, "b"), label(2, "a", "cat")});
  ModelBench after = classes("other");
  after.bench.load(before.bench.save());
  after.run({row(3, "c", kMissing), label(4, "b", "cat"), label(5, "c", "dog")});
  EXPECT_EQ(after.text(kMain, 0, "prediction"), "other");
  ASSERT_EQ(after.rows(kOutcomes), 2u);
  EXPECT_EQ(after.text(kOutcomes, 0, "id"), "b");
  EXPECT_EQ(after.text(kOutcomes, 1, "prediction"), "other");
}

}  // namespace
}  // namespace weir
