// Late labels against a generator that knows the truth: each is used once, with the features as
// they were served, in the order of the stream.

#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdio>
#include <map>
#include <random>

#include "models/model.h"
#include "operators/model/model_operator.h"
#include "pipeline/core/state_visitors.h"
#include "tests/operators/model/model_bench.h"

namespace weir {
namespace {

constexpr std::string_view kSteps =
    R"("steps": [{"impute": "mean"}, {"one_hot": {"max": 10}}, "standard_scaler",
                 {"logistic_regression": {"learning_rate": 0.05}}])";
constexpr std::int64_t kWait = 50'000;
constexpr std::int64_t kLateness = 2'000;

Schema rows_schema() {
  return {{{"id", Type::text}, {"amount", Type::number}, {"country", Type::text}}};
}
Schema labels_schema() { return {{{"tx", Type::text}, {"fraud", Type::boolean}}}; }

std::string options() {
  return std::string(
             R"({"input": "rows", "features": ["amount", "country"], "target": "fraud", )") +
         std::string(kSteps) +
         R"(, "labels": {"input": "labels", "match": {"id": "tx"}, "wait": "50s",
                         "heard": "off", "absent": false}})";
}

/// Transactions in almost the order of their times, with missing amounts; frauds are told some time
/// later, sometimes before the transaction, sometimes never; some ids have labels only.
std::vector<InputRow> transactions(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto uniform = [&](double below) {
    return static_cast<double>(random() >> 11) * 0x1p-53 * below;
  };
  const char* countries[] = {"AT", "CH", "DE", "FR"};
  std::multimap<std::int64_t, InputRow> by_arrival;
  for (std::size_t i = 0; i < count; ++i) {
    const auto time = static_cast<std::int64_t>(100 * i);
    const std::string id = "tx-" + std::to_string(seed) + "-" + std::to_string(i);
    const double amount = uniform(10);
    const bool fraud = amount + uniform(4) > 9;
    InputRow row{time, {cell(id), cell(amount), cell(countries[random() % 4])}, 0};
    if (random() % 50 == 0) row.cells[1] = missing();
    by_arrival.emplace(time + static_cast<std::int64_t>(uniform(kLateness)), std::move(row));
    if (!fraud && random() % 3 != 0) continue;  // absent
    const auto delay = static_cast<std::int64_t>(uniform(1.2 * kWait)) - 1'000;
    by_arrival.emplace(time + delay, InputRow{time + delay, {cell(id), cell(double(fraud))}, 1});
    if (random() % 40 == 0)
      by_arrival.emplace(time + delay + 7, InputRow{time + delay + 7, {cell(id), cell(0.0)}, 1});
  }
  std::vector<InputRow> rows;
  for (auto& [arrival, row] : by_arrival) rows.push_back(std::move(row));
  rows.push_back(tick(by_arrival.rbegin()->first + 2 * kWait));
  return rows;
}

/// The same by plain means: maps, and calls of the model itself.
struct Direct {
  struct Waiting {
    std::int64_t due;
    std::size_t order;
    double amount;
    std::string country;
    double score;
    bool done = false;
  };
  struct Outcome {
    std::string id;
    double label;
    double score;
    bool operator==(const Outcome&) const = default;
  };

  explicit Direct(const std::vector<InputRow>& stream) {
    ModelSpec spec;
    EXPECT_EQ(read_options("{" + std::string(kSteps) + "}",
                           [&](OptionVisitor& options) { spec.describe(options); }),
              std::vector<std::string>{});
    const std::vector<Feature> features{{"amount", FeatureKind::number},
                                        {"country", FeatureKind::text}};
    EXPECT_TRUE(spec.bind(Task::binary, features).empty());
    model = spec.make(1);
    std::int64_t highest = kNoTime;
    for (const InputRow& one : stream) {
      if (one.port != InputRow::kTick) highest = std::max(highest, one.time);
      const std::int64_t watermark = one.port == InputRow::kTick ? one.time : highest - kLateness;
      expire(watermark);
      if (one.port == 0) serve(one);
      if (one.port == 1) label(one, watermark);
    }
  }

  Features features_of(const Waiting& row) {
    numbers = row.amount;
    texts = row.country;
    return {{&numbers, 1}, {&texts, 1}};
  }

  void expire(std::int64_t watermark) {
    for (;;) {
      auto next = waiting.end();
      for (auto at = waiting.begin(); at != waiting.end(); ++at)
        if (!at->second.done && at->second.due <= watermark &&
            (next == waiting.end() || std::pair(at->second.due, at->second.order) <
                                          std::pair(next->second.due, next->second.order)))
          next = at;
      if (next == waiting.end()) break;
      finish(next->first, next->second, 0);
    }
    for (auto at = waiting.begin(); at != waiting.end();)
      at = at->second.done && at->second.due <= watermark ? waiting.erase(at) : std::next(at);
    for (auto at = early.begin(); at != early.end();)
      at = at->second.first <= watermark ? early.erase(at) : std::next(at);
  }

  void finish(const std::string& id, Waiting& row, double label) {
    outcomes.push_back({id, label, row.score});
    EXPECT_TRUE(model->learn_one(features_of(row), label, 1));
    row.done = true;
    ++used[id];
  }

  void serve(const InputRow& one) {
    const std::string id = std::get<std::string>(one.cells[0]);
    Waiting row{
        one.time + kWait, order++,
        std::holds_alternative<double>(one.cells[1]) ? std::get<double>(one.cells[1]) : kMissing,
        std::get<std::string>(one.cells[2]), 0};
    std::vector<double> scores;
    const bool scored = model->predict_one(features_of(row), scores);
    EXPECT_TRUE(scored);
    row.score = scores[0];
    model->observe_one(features_of(row));
    auto& kept = waiting.emplace(id, row).first->second;
    if (const auto held = early.find(id); held != early.end()) {
      finish(id, kept, held->second.second);
      early.erase(held);
    }
  }

  void label(const InputRow& one, std::int64_t watermark) {
    const std::string id = std::get<std::string>(one.cells[0]);
    const auto at = waiting.find(id);
    if (at != waiting.end()) {
      if (!at->second.done) finish(id, at->second, std::get<double>(one.cells[1]));
    } else if (!used.contains(id) && one.time + 60'000 > watermark) {
      early.emplace(id, std::pair(one.time + 60'000, std::get<double>(one.cells[1])));
    }
  }

  std::unique_ptr<Model> model;
  std::map<std::string, Waiting> waiting;
  std::map<std::string, std::pair<std::int64_t, double>> early;
  std::map<std::string, int> used;
  std::vector<Outcome> outcomes;
  std::size_t order = 0;
  double numbers = 0;
  std::string_view texts;
};

TEST(LabelTruth, EveryLabelIsUsedOnceAndTheModelIsTheOneComputedDirectly) {
  const std::vector<InputRow> stream = transactions(4'000, 3);
  const Direct direct(stream);
  ModelBench model(options(), rows_schema(), labels_schema());
  ASSERT_TRUE(model.bench.ok()) << model.bench.mistakes()[0];
  model.run(stream, 97, kLateness);

  ASSERT_EQ(direct.outcomes.size(), 4'000u);  // every row ends: by its label or as absent
  ASSERT_EQ(model.rows(kOutcomes), direct.outcomes.size());
  for (std::size_t i = 0; i < direct.outcomes.size(); ++i) {
    const Direct::Outcome found{model.text(kOutcomes, i, "id"), model.number(kOutcomes, i, "label"),
                                model.number(kOutcomes, i, "score")};
    ASSERT_EQ(found, direct.outcomes[i]) << "outcome " << i;
  }
  for (const auto& [id, times] : direct.used) EXPECT_EQ(times, 1) << id;
  EXPECT_EQ(model.updates(), 4'000);
  EXPECT_GT(model.ended("absent"), 500);
  EXPECT_GT(model.ended("joined"), 500);
  EXPECT_GT(model.ended("late"), 50);
  EXPECT_GT(model.ended("duplicate"), 10);

  // The model's own bits: its state stands first in the operator's, after the two versions.
  std::string model_state;
  StateWriter writer(model_state);
  direct.model->state(writer);
  EXPECT_EQ(model.bench.save().substr(2 * sizeof(std::uint32_t), model_state.size()), model_state);
}

TEST(LabelTruth, WhereStepsAreCutChangesNothing) {
  const std::vector<InputRow> stream = transactions(3'000, 4);
  ModelBench whole(options(), rows_schema(), labels_schema());
  whole.run(stream, 4096, kLateness);
  for (std::size_t batch_rows : {1, 7}) {
    ModelBench cut(options(), rows_schema(), labels_schema());
    cut.run(stream, batch_rows, kLateness);
    EXPECT_EQ(cut.outputs, whole.outputs) << batch_rows;
    EXPECT_EQ(cut.bench.state_hash(), whole.bench.state_hash()) << batch_rows;
  }
}

TEST(LabelTruth, EveryModeGivesTheSameBitsWhereverStepsAreCutAndStatesAreLoaded) {
  // Few ids, so that rows and labels of one id meet in every way.
  std::mt19937_64 random(5);
  std::vector<InputRow> stream;
  for (int i = 0; i < 6'000; ++i) {
    const std::int64_t time = 50 * i + static_cast<std::int64_t>(random() % 3'000);
    const std::string id = "id" + std::to_string(random() % 300);
    const auto x = static_cast<double>(random() % 100) / 10;
    if (random() % 2)
      stream.push_back({time, {cell(id), cell(x), cell("AT")}, 0});
    else
      stream.push_back({time, {cell(id), cell(double(random() % 2))}, 1});
    if (random() % 100 == 0) stream.push_back(tick(time + 500));
  }
  const std::vector<InputRow> first(stream.begin(), stream.begin() + 3'001);
  const std::vector<InputRow> second(stream.begin() + 3'001, stream.end());
  for (std::string_view rows : {"first", "last", "all"})
    for (std::string_view late : {"ignore", "learn"})
      for (std::string_view absent : {"", R"(, "absent": false)"})
        for (std::string_view limit : {"60", "1000000"}) {
          const std::string options =
              std::string(
                  R"({"input": "rows", "features": ["amount", "country"], "target": "fraud", )") +
              std::string(kSteps) +
              R"(, "labels": {"input": "labels", "match": {"id": "tx"}, "wait": "9s", "early": "1s",
                  "rows": ")" +
              std::string(rows) + R"(", "late": ")" + std::string(late) + R"(", "max_waiting": )" +
              std::string(limit) + std::string(absent) + "}}";
          SCOPED_TRACE(options);
          ModelBench whole(options, rows_schema(), labels_schema());
          ASSERT_TRUE(whole.bench.ok());
          whole.run(stream, 10'000, 1'000);
          for (std::size_t batch_rows : {1, 7}) {
            ModelBench cut(options, rows_schema(), labels_schema());
            cut.run(first, batch_rows, 1'000);
            cut.bench.load(cut.bench.save());
            cut.run(second, batch_rows, 1'000);
            EXPECT_EQ(cut.outputs, whole.outputs) << batch_rows;
            EXPECT_EQ(cut.bench.state_hash(), whole.bench.state_hash()) << batch_rows;
          }
        }
}

TEST(LabelTruth, AMillionRowsWaitInBoundedMemoryThatIsFreedAgain) {
  constexpr std::int64_t kRows = 1'000'000;
  const std::string more = options();
  ModelBench model(more, rows_schema(), labels_schema());
  const auto& running = dynamic_cast<const ModelOperator&>(model.bench.running());
#ifdef WEIR_SANITIZED  // whose allocator mallinfo2 does not see
  const auto in_use = [&] { return running.waiting_bytes(); };
#else
  const auto in_use = [] { return mallinfo2().uordblks + mallinfo2().hblkhd; };
#endif
  const std::size_t before = in_use();
  std::vector<InputRow> chunk;
  for (std::int64_t i = 0; i < kRows; ++i) {
    const std::string id = "card-4711-" + std::to_string(i);
    chunk.push_back({i / 100, {cell(id), cell(double(i % 97)), cell("AT")}, 0});
    if (chunk.size() < 8'192 && i + 1 < kRows) continue;
    model.bench.run(chunk);
    chunk.clear();
  }
  chunk.shrink_to_fit();
  EXPECT_EQ(model.bench.report()["weir_labels_waiting"], kRows);
  const std::size_t held = in_use() - before;
  std::printf("1,000,000 rows waiting (2 features, an id of 16 bytes): %.0f MB, %.0f bytes a row\n",
              static_cast<double>(held) / 1e6, static_cast<double>(held) / kRows);
  EXPECT_LT(held, std::size_t{260} * kRows);

  const std::size_t state = model.bench.save().size();
  model.bench.run({tick(1'000'000'000)});  // all are absent, then forgotten
  model.bench.run({tick(2'000'000'000)});
  EXPECT_EQ(model.bench.report()["weir_labels_waiting"], 0);
  EXPECT_EQ(model.ended("absent"), kRows);
  EXPECT_LT(model.bench.save().size(), state / 20);  // all but the last, unfinished segment
  EXPECT_LT(running.waiting_bytes(), held / 3);  // the index keeps its size
}

}  // namespace
}  // namespace weir
