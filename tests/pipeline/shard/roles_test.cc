// Operators that say what they read a port for and what they write, as weir's own do not yet.

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/harness/replayed.h"

namespace weir {
namespace {

using namespace engine_test;

/// Passes the rows of its first port, and reports how many rows of the second came before the last
/// of them.
class Lookup final : public Operator {
 public:
  void process(Step&, std::span<const Batch> inputs, std::span<Batch> outputs) override {
    const Batch& rows = inputs[0];
    const Batch& table = inputs[1];
    std::uint32_t at = 0;
    for (std::uint32_t row = 0; row < rows.rows; ++row) {
      while (at < table.rows && table.positions[at] <= rows.positions[row]) ++at;
      found_ = known_ + at;
    }
    known_ += table.rows;
    outputs[0].rows = rows.rows;
    outputs[0].positions = rows.positions;
    outputs[0].columns = rows.columns;
  }
  void state(StateVisitor& visit, std::size_t) override { visit(known_, found_); }
  void report(Reporter& report) const override {
    report(metric::keys, static_cast<double>(found_));
  }

 private:
  std::uint64_t known_ = 0, found_ = 0;
};

class LookupSpec final : public OperatorSpec {
 public:
  void describe(OptionVisitor& option) override {
    option("input", input_, {.doc = "the rows", .required = true});
    option("second", second_, {.doc = "the other stream", .required = true});
    option("as", as_, {.doc = "what the other is read for", .choices = "table|rows|labels"});
  }
  std::vector<Written> inputs() const override { return {input_, second_}; }
  PortRole port_role(std::size_t port) const override {
    if (port == 0 || as_ == "rows") return PortRole::rows;
    return as_ == "table" ? PortRole::table : PortRole::labels;
  }
  std::unique_ptr<const OperatorPlan> bind(Binding& binding) const override {
    binding.output("", 0, {});
    return plan_of([](const Placement&) { return std::make_unique<Lookup>(); });
  }
  bool needs_no_reader() const override { return true; }

 private:
  Written input_, second_;
  std::string as_ = "table";
};

/// Says `true` of every row and is always right; its outcomes have names of their own.
class Chooser final : public Operator {
 public:
  void process(Step& step, std::span<const Batch> inputs, std::span<Batch> outputs) override {
    const Batch& in = inputs[0];
    const std::span<double> ones = step.arena.make<double>(in.rows);
    std::ranges::fill(ones, 1.0);
    for (Batch& out : outputs) {
      const std::span<Column> columns = step.arena.make<Column>(out.schema->size());
      std::ranges::fill(columns, Column{});
      std::copy_n(in.columns, in.schema->size(), columns.begin());
      for (Column& own : columns.subspan(in.schema->size())) own = ones.data();
      out.rows = in.rows;
      out.positions = in.positions;
      out.columns = columns.data();
    }
  }
  void state(StateVisitor&, std::size_t) override {}
};

class ChooserSpec final : public OperatorSpec {
 public:
  void describe(OptionVisitor& option) override {
    option("input", input_, {.doc = "the rows", .required = true});
  }
  std::vector<Written> inputs() const override { return {input_}; }
  std::unique_ptr<const OperatorPlan> bind(Binding& binding) const override {
    binding.output("", 0, {});
    binding.output("results", 0,
                   {{"pick_label", Type::boolean},
                    {"pick_prediction", Type::boolean},
                    {"pick_score", Type::number},
                    {"pick_loss", Type::number}},
                   StreamRole::outcomes("pick_"));
    return plan_of([](const Placement&) { return std::make_unique<Chooser>(); });
  }

 private:
  Written input_;
};

template <class Spec>
std::unique_ptr<OperatorSpec> make_spec() {
  return std::make_unique<Spec>();
}

/// A pipeline of two sources and of `operators`, which may be of type `lookup` or `chooser`.
std::unique_ptr<Pipeline> pipeline_of(const std::string& operators) {
  static const std::vector<OperatorType> types = [] {
    std::vector<OperatorType> all(operator_types().begin(), operator_types().end());
    all.push_back({"chooser", "chooses", "", make_spec<ChooserSpec>});
    all.push_back({"lookup", "looks up", "", make_spec<LookupSpec>});
    return all;
  }();
  const std::string yaml = R"(version: 1
pipeline: shop
sources:
  orders: { type: kafka, topic: orders, format: json, time: ts, fields: { id: text, ts: time } }
  prices: { type: kafka, topic: prices, format: json, time: ts, fields: { id: text, ts: time } }
operators:
)" + operators + "sinks:\n  out: { type: kafka, input: first, topic: out }\n";
  Vocabulary words = vocabulary();
  words.operators = types;
  const ConfigInput input{.file = "test.yaml", .text = yaml, .set = {}, .environment = {}};
  Problems problems(input.file, input.text);
  auto pipeline = weir::read_pipeline(input, words, problems);
  if (!pipeline->graph) throw std::runtime_error(problems.render());
  return pipeline;
}

/// Replays one order and one price of the same event time.
std::unique_ptr<Replay> replayed(const Pipeline& pipeline) {
  const TemporaryFolder folder;
  std::vector<Replay::Input> inputs;
  for (const char* name : {"orders", "prices"}) {
    const std::string path = (folder.path() / name).string();
    std::ofstream(path) << R"({"id":"1","ts":5000})" << '\n';
    inputs.push_back({std::make_unique<FileReader>(path, "json"), format_named("json"), path});
  }
  auto replay = std::make_unique<Replay>(
      *pipeline.graph, std::move(inputs),
      std::vector<std::unique_ptr<FileWriter>>(pipeline.graph->sinks.size()), Replay::Settings{});
  replay->run([](const Replay::Progress&) {});
  return replay;
}

/// How many prices the order found.
double found_at_equal_times(const Pipeline& pipeline) {
  const auto summary = replay_summary(replayed(pipeline)->result());
  return summary["operators"]["first"]["keys"];
}

/// The quality that operator `first` reports, with whose it is: `chooser accuracy 1`.
std::vector<std::string> quality_of(const Pipeline& pipeline) {
  class Quality final : public Reporter {
   public:
    void value(const MetricName& metric, std::span<const MetricLabel> labels,
               double number) override {
      if (metric.name != metric::model_quality.name) return;
      std::string line;
      for (const MetricLabel& label : labels) line += std::string(label.value) + " ";
      lines.push_back(line + std::to_string(static_cast<int>(number)));
    }
    void histogram(const MetricName&, std::span<const MetricLabel>, const Histogram&) override {}
    std::vector<std::string> lines;
  };
  const auto replay = replayed(pipeline);
  const auto first = std::ranges::find(pipeline.graph->nodes, "first", &Node::name);
  Quality quality;
  replay->shard()
      .operator_at(static_cast<std::size_t>(first - pipeline.graph->nodes.begin()))
      .report(quality);
  return quality.lines;
}

TEST(PortRoles, ATableIsReadBeforeTheRowsOfTheSameTime) {
  EXPECT_EQ(found_at_equal_times(
                *pipeline_of("  first: { type: lookup, input: orders, second: prices }\n")),
            1);
}

TEST(PortRoles, AFilterOnTheWayChangesNothing) {
  EXPECT_EQ(found_at_equal_times(*pipeline_of(
                "  some: { type: filter, input: prices, when: id == '1' }\n"
                "  first: { type: lookup, input: orders, second: some }\n")),
            1);
}

TEST(PortRoles, RowsGoByNameAndLabelsComeLast) {
  const auto found = [](const std::string& rows, const std::string& second,
                        const std::string& as) {
    return found_at_equal_times(*pipeline_of("  first: { type: lookup, input: " + rows +
                                             ", second: " + second + ", as: " + as + " }\n"));
  };
  EXPECT_EQ(found("orders", "prices", "rows"), 0);
  EXPECT_EQ(found("prices", "orders", "rows"), 1);
  EXPECT_EQ(found("prices", "orders", "labels"), 0);
}

TEST(PortRoles, ASourceThatIsRowsOfTheSameOperatorTooIsRows) {
  const auto pipeline =
      pipeline_of("  first: { type: lookup, input: prices, second: prices }\n"
                  "  other: { type: lookup, input: orders, second: orders, as: labels }\n"
                  "  last: { type: lookup, input: first, second: other, as: rows }\n");
  for (const SourceNode& source : pipeline->graph->sources)
    EXPECT_EQ(source.role, PortRole::rows) << source.name;
}

TEST(PortRoles, LabelsGoBeforeTableAndBothBeforeRowsWhereOperatorsDiffer) {
  const auto role = [](const std::string& first, const std::string& other) {
    const std::string lookup = "{ type: lookup, input: orders, second: prices, as: ";
    const auto pipeline = pipeline_of("  first: " + lookup + first + " }\n  other: " + lookup +
                                      other + " }\n" +
                                      "  last: { type: lookup, input: first, second: other, as: "
                                      "rows }\n");
    return pipeline->graph->sources[1].role;
  };
  EXPECT_EQ(role("table", "labels"), PortRole::labels);
  EXPECT_EQ(role("labels", "table"), PortRole::labels);
  EXPECT_EQ(role("rows", "table"), PortRole::table);
  EXPECT_EQ(role("table", "rows"), PortRole::table);
  EXPECT_EQ(role("labels", "rows"), PortRole::labels);
  EXPECT_EQ(role("rows", "rows"), PortRole::rows);
}

using Lines = std::vector<std::string>;

TEST(StreamRoles, EvaluateReadsTheOutcomesOfAnyOperatorThatDeclaresThem) {
  const auto pipeline = pipeline_of(
      "  pick: { type: chooser, input: orders }\n"
      "  first: { type: evaluate, input: pick.results, metrics: [accuracy], window: 1 }\n");
  EXPECT_EQ(quality_of(*pipeline), Lines{"pick accuracy 1"});
}

TEST(StreamRoles, RowsPassedOnStayOutcomesOfTheOperatorThatMadeThem) {
  const auto pipeline = pipeline_of(
      "  pick: { type: chooser, input: orders }\n"
      "  some: { type: filter, input: pick.results, when: pick_score > 0 }\n"
      "  more: { type: features, input: some, values: { mean_label_delay: pick_score + 1 } }\n"
      "  first: { type: evaluate, input: more, metrics: [accuracy], window: 1 }\n");
  EXPECT_EQ(quality_of(*pipeline), Lines{"pick accuracy 1"});
  for (const Stream& stream : pipeline->graph->streams) {
    const bool outcomes =
        stream.name == "pick.results" || stream.name == "some" || stream.name == "more";
    EXPECT_EQ(stream.role.kind == StreamRole::Kind::outcomes, outcomes) << stream.name;
  }
}

}  // namespace
}  // namespace weir
