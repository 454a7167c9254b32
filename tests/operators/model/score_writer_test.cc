#include "operators/model/score_writer.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "tests/operators/model/model_parts.h"

namespace weir {
namespace {

/// The main output of two rows, the second served the fallback, by a model that says `scores`.
class MainOutput {
 public:
  MainOutput(ModelPlan plan, std::vector<double> scores, std::string_view unread = "")
      : plan_(std::move(plan)) {
    schema_ = plan_.rows;
    for (Field& field : served_fields(plan_)) schema_.fields.push_back(std::move(field));
    std::vector<bool> needed = all_of(schema_);
    if (!unread.empty()) needed[*schema_.find(unread)] = false;
    auto scripted = std::make_unique<ScriptedModel>();
    ScriptedModel& script = *scripted;
    script.next_scores = std::move(scores);
    ServedModel model(plan_, std::move(scripted), 0);
    ScoreWriter& writer = writer_.emplace(plan_, needed);
    const InputRow rows[] = {{0, {cell("a"), cell(1), missing()}},
                             {1, {cell("b"), cell(2), missing()}}};
    const Batch batch = batch_of(plan_.rows, rows, 0, arena_);
    model.begin_step();
    writer.begin(batch, arena_);
    for (const std::size_t row : {0, 1}) {
      script.can_score = row == 0;
      const double x = batch.number(1, row);
      writer.write(row, model.serve({{&x, 1}, {}}), model);
    }
    scores_.assign(writer.scores().begin(), writer.scores().end());
    out_.schema = &schema_;
    writer.finish(out_);
  }

  Cell at(std::size_t row, std::string_view field) const {
    return cell_of(out_, *schema_.find(field), row);
  }
  bool null(std::string_view field) const {
    return !out_.columns[*schema_.find(field)];
  }
  const std::vector<double>& scores() const { return scores_; }
  std::size_t rows() const { return out_.rows; }

 private:
  ModelPlan plan_;
  Schema schema_;
  Arena arena_;
  std::optional<ScoreWriter> writer_;  // its name stands in the output
  Batch out_;
  std::vector<double> scores_;
};

TEST(ScoreWriter, PassesEveryRowWithWhatTheModelSaid) {
  const MainOutput out(plan_of_x(Task::binary), {0.75});
  ASSERT_EQ(out.rows(), 2u);
  EXPECT_EQ(out.at(0, "id"), cell("a"));
  EXPECT_EQ(out.at(1, "x"), cell(2.0));
  EXPECT_EQ(out.at(0, "prediction"), cell(1.0));
  EXPECT_EQ(out.at(0, "score"), cell(0.75));
  EXPECT_EQ(out.at(0, "model"), cell("under_test"));
  EXPECT_EQ(out.at(0, "model_version"), cell("00000000.1"));
  EXPECT_EQ(out.at(0, "updates"), cell(0.0));
  EXPECT_EQ(out.at(1, "score"), missing()) << "no fallback was given";
  EXPECT_EQ(out.scores()[0], 0.75);
  EXPECT_TRUE(is_missing(out.scores()[1]));
}

TEST(ScoreWriter, ShowsTheProbabilitiesOfClassesAndNoneWhereTheModelDidNotScore) {
  ModelPlan plan = plan_of_x(Task::classes);
  plan.classes = {"low", "high", "new"};
  plan.probabilities = true;
  const MainOutput out(std::move(plan), {0.25, 0.75});
  EXPECT_EQ(out.at(0, "prediction"), cell("high"));
  EXPECT_EQ(out.at(0, "p_low"), cell(0.25));
  EXPECT_EQ(out.at(0, "p_high"), cell(0.75));
  EXPECT_EQ(out.at(0, "p_new"), cell(0.0)) << "not learned yet";
  EXPECT_EQ(out.at(1, "p_low"), missing());
}

TEST(ScoreWriter, LeavesColumnsThatNobodyReadsNullButTheScore) {
  for (const std::string_view unread : {"prediction", "model", "model_version", "updates"})
    EXPECT_TRUE(MainOutput(plan_of_x(Task::binary), {0.5}, unread).null(unread)) << unread;
  const MainOutput out(plan_of_x(Task::binary), {0.5}, "score");
  EXPECT_EQ(out.scores()[0], 0.5);
}

}  // namespace
}  // namespace weir
