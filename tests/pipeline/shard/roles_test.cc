// Operators that say what they read a port for, with which weir's own do not differ yet.

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
  void state(StateVisitor& visit) override { visit(known_, found_); }
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

/// A pipeline of two sources and of `operators`, which may be of type `lookup`.
std::unique_ptr<Pipeline> pipeline_of(const std::string& operators) {
  static const std::vector<OperatorType> types = [] {
    std::vector<OperatorType> all(operator_types().begin(), operator_types().end());
    all.push_back({"lookup", "looks up", "", []() -> std::unique_ptr<OperatorSpec> {
                     return std::make_unique<LookupSpec>();
                   }});
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

/// How many prices an order found that has the same event time as the one price there is.
double found_at_equal_times(const Pipeline& pipeline) {
  const TemporaryFolder folder;
  std::vector<Replay::Input> inputs;
  for (const char* name : {"orders", "prices"}) {
    const std::string path = (folder.path() / name).string();
    std::ofstream(path) << R"({"id":"1","ts":5000})" << '\n';
    inputs.push_back({std::make_unique<FileReader>(path, "json"), format_named("json"), path});
  }
  Replay replay(*pipeline.graph, std::move(inputs),
                std::vector<std::unique_ptr<FileWriter>>(pipeline.graph->sinks.size()), {});
  replay.run([](const Replay::Progress&) {});
  return nlohmann::json::parse(replay.summary_json())["operators"]["first"]["keys"];
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

}  // namespace
}  // namespace weir
