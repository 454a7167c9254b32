#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "monitoring/metrics/metric.h"
#include "pipeline/options/option_tree.h"
#include "tests/operators/evaluate/evaluate_bench.h"

namespace weir {
namespace {

using namespace evaluate_test;

TEST(Evaluate, ReportsMistakes) {
  using Mistakes = std::vector<std::string>;
  EXPECT_EQ(bench(R"({"input": "o", "metrics": ["accuracy"]})",
                  {{{"prediction", Type::boolean}, {"score", Type::number}}})
                .mistakes(),
            Mistakes{"evaluate reads a model's outcomes (an edge like `fraud.outcomes`), but "
                     "`fraud.outcomes` has no field `label`"});
  EXPECT_EQ(bench(R"({"input": "o", "metrics": ["acuracy"]})").mistakes(),
            Mistakes{"there is no metric `acuracy`; did you mean `accuracy`?"});
  EXPECT_EQ(bench(R"({"input": "o", "metrics": ["nothing_like_it"]})").mistakes(),
            Mistakes{"there is no metric `nothing_like_it`; `weir describe evaluate` lists them"});
  EXPECT_EQ(bench(R"({"input": "o", "metrics": ["accuracy", "accuracy"]})").mistakes(),
            Mistakes{"the metric `accuracy` is listed twice"});
  EXPECT_EQ(bench(R"({"input": "o", "metrics": ["mae"]})").mistakes(),
            Mistakes{"`mae` is not a metric for a boolean label; `weir describe evaluate` lists "
                     "those that are"});
  EXPECT_EQ(
      bench(R"({"input": "o", "metrics": ["accuracy"], "window": 10, "every": "1h"})").mistakes(),
      Mistakes{"`every` and `window` must both be rows or both be time"});
  EXPECT_EQ(
      bench(R"({"input": "o", "metrics": ["accuracy"], "window": 1000, "every": 1})").mistakes(),
      Mistakes{"`every` is less than a 60th of `window`"});
  EXPECT_EQ(bench(R"({"input": "o", "metrics": ["accuracy"], "window": "1h"})", outcomes(), false)
                .mistakes()
                .size(),
            1u);
}

TEST(Evaluate, SaysWhichMetricsAreNotAvailableYet) {
  for (const MetricType& type : metric_types()) {
    if (type.later.empty()) continue;
    const std::string name(type.name);
    EXPECT_EQ(bench(R"({"input": "o", "metrics": [")" + name + R"("]})").mistakes(),
              std::vector<std::string>{"the metric `" + name + "` is not available yet (" +
                                       std::string(type.later) + ")"});
  }
}

TEST(Evaluate, DocumentsTheMetricsThereAreByTheTypeOfTheLabel) {
  const std::vector<OptionTree> options =
      describe_options([](OptionVisitor& option) { make_evaluate()->describe(option); });
  const auto metrics = std::ranges::find(options, "metrics", &OptionTree::name);
  ASSERT_NE(metrics, options.end());
  const std::string doc = metrics->doc + ";";
  const std::size_t classes = doc.find("; of a text label: "), values = doc.find("; of a number");
  ASSERT_NE(values, std::string::npos) << doc;
  const auto place = [&](std::string_view name, std::size_t from = 0) {
    const std::string in_list = " " + std::string(name);
    return std::min(doc.find(in_list + ",", from), doc.find(in_list + ";", from));
  };
  EXPECT_LT(place("roc_auc"), classes) << doc;
  EXPECT_EQ(place("roc_auc", classes), std::string::npos) << doc;
  EXPECT_GT(place("rmse"), values) << doc;
  for (const MetricType& type : metric_types())
    EXPECT_EQ(place(type.name) == std::string::npos, !type.later.empty()) << type.name;
}

}  // namespace
}  // namespace weir
