#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/harness/running_shard.h"

/// What the tests of dangers share: a shard in a time of its own, without threads, whose processes
/// die when told to, and an operator that some rows are deadly for.
namespace weir::engine_test {

/// What the operator `deadly` does about a row, by its field `id`.
inline std::function<void(std::string_view id)> deadly_row;

/// Passes all rows through, and counts them.
class Deadly final : public Operator {
 public:
  explicit Deadly(std::size_t id) : id_(id) {}
  void process(Step&, std::span<const Batch> inputs, std::span<Batch> outputs) override {
    const Batch& input = inputs[0];
    for (std::uint32_t row = 0; row < input.rows; ++row)
      if (deadly_row) deadly_row(input.columns[id_].texts()[row]);
    rows_ += input.rows;
    outputs[0].rows = input.rows;
    outputs[0].positions = input.positions;
    outputs[0].columns = input.columns;
  }
  void state(StateVisitor& visit) override { visit(rows_); }

 private:
  std::size_t id_;
  std::uint64_t rows_ = 0;
};

class DeadlySpec final : public OperatorSpec {
 public:
  void describe(OptionVisitor& option) override {
    option("input", input_, {.doc = "the stream to pass", .required = true});
    option("id", field_, {.doc = "the field that tells the rows apart", .required = true});
  }
  std::vector<Written> inputs() const override { return {input_}; }
  std::unique_ptr<const OperatorPlan> bind(Binding& binding) const override {
    const std::size_t id = binding.field(0, field_).value_or(0);
    binding.output("", 0, {});
    return plan_of([id](const Placement&) { return std::make_unique<Deadly>(id); });
  }

 private:
  Written input_, field_;
};

inline Vocabulary deadly_vocabulary() {
  static const std::vector<OperatorType> operators = [] {
    const auto known = operator_types();
    std::vector<OperatorType> all(known.begin(), known.end());
    all.push_back({"deadly", "kills", "", []() -> std::unique_ptr<OperatorSpec> {
                     return std::make_unique<DeadlySpec>();
                   }});
    return all;
  }();
  Vocabulary all = vocabulary();
  all.operators = operators;
  return all;
}

inline const std::string kDeadly = "version: 1\npipeline: deadly\n" + std::string(kEvents) + R"(
operators:
  deadly: { type: deadly, input: events, id: id }
  spend:
    type: features
    input: deadly
    key: card
    aggregates: { spent: { mean: amount, over: 10m }, count: { count: true, over: all } }
sinks:
  all: { type: kafka, input: spend, topic: all, key: card, fields: [id, card, spent, count] }
)";

inline std::unique_ptr<Pipeline> read_deadly(const std::string& yaml, const Set& set = {}) {
  const ConfigInput input{.file = "test.yaml", .text = yaml, .set = set, .environment = {}};
  Problems problems(input.file, input.text);
  auto pipeline = weir::read_pipeline(input, deadly_vocabulary(), problems);
  if (!pipeline->graph) throw std::runtime_error(problems.render());
  return pipeline;
}

/// One shard of a pipeline whose processes follow each other over one log and one folder. Nothing
/// in it has a thread; time passes when someone waits.
class Lives {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::int64_t kWallAtStart = 1'700'000'000'000;

  explicit Lives(const std::string& yaml, Set set = {}, std::int32_t partitions = 1)
      : yaml_(yaml), set_(std::move(set)), pipeline_(read_deadly(yaml, set_)) {
    set_small(*pipeline_);
    World& world = cluster_.world();
    world.read_recorded = [](const std::string& resolved) {
      return weir::read_recorded(resolved, deadly_vocabulary());
    };
    world.now_ms = [this] { return wall_ms(); };
    world.simulated.due = [this] { return commits_answered_; };
    world.simulated.now = [this] { return now_; };
    world.simulated.wait = [this](Signal& signal, std::chrono::milliseconds time) {
      if (signal.wait_for(std::chrono::milliseconds(0))) return true;
      now_ += time;
      return false;
    };
    cluster_.create_sources(*pipeline_->graph, partitions);
    layout_ = cluster_.prepare(*pipeline_);
  }

  class Life {
   public:
    Life(Lives& of, const std::vector<std::string>& reset)
        : of_(of),
          runner_(*of.pipeline_->graph, of.layout_, of.cluster_.world(), settings(of, reset),
                  signal_) {
      runner_.recover([](const Runner::Progress&) {});
    }
    Runner& operator*() { return runner_; }
    Runner* operator->() { return &runner_; }
    /// Works until `enough`; false: the shard stopped before.
    bool work_until(const std::function<bool()>& enough) {
      while (!enough()) {
        if (runner_.stopped() != Stopped::no) return false;
        if (runner_.work()) continue;
        of_.pass(std::chrono::milliseconds(1));
      }
      return true;
    }
    bool work_to(std::uint64_t sequence) {
      return work_until([&] { return runner_.shard().sequence() >= sequence; });
    }
    /// Until nothing is left to read and all of it is committed.
    bool work_to_end() {
      return work_until([&] { return of_.all_committed(); });
    }
    Hashes hashes() { return {runner_.output_hash(), runner_.state_hash()}; }
    bool says(const std::string& text) const {
      return std::ranges::any_of(runner_.notes(), [&](const std::string& note) {
        return note.find(text) != std::string::npos;
      });
    }

   private:
    static Runner::Settings settings(Lives& of, const std::vector<std::string>& reset) {
      Runner::Settings all = RunningShard::settings(*of.pipeline_, of.folder_.path(), 0);
      all.watch_deaths = true;
      all.crashed = of.crashed;
      all.accept_new_logic = of.accept_new_logic;
      all.reset = reset;
      return all;
    }

    Lives& of_;
    Signal signal_;
    Runner runner_;
  };

  /// A process that begins; it ends when the object does: dead, unless it has finished.
  std::unique_ptr<Life> life(const std::vector<std::string>& reset = {}) {
    return std::make_unique<Life>(*this, reset);
  }
  /// From the next life on the file says so.
  void change(Set set) {
    set.insert(set.begin(), set_.begin(), set_.end());
    pipeline_ = read_deadly(yaml_, set);
    set_small(*pipeline_);
    layout_ = cluster_.prepare(*pipeline_);
  }

  void append(std::span<const Row> rows) { cluster_.append(rows); }
  void pass(std::chrono::milliseconds time) { now_ += time; }
  void answer_commits(bool yes) { commits_answered_ = yes; }
  std::int64_t wall_ms() const {
    return kWallAtStart +
           std::chrono::duration_cast<std::chrono::milliseconds>(now_ - Time{}).count();
  }
  bool all_committed() {
    for (const SourceNode& source : pipeline_->graph->sources) {
      const std::string topic = source.config->spec->topic();
      for (std::int32_t p = 0; p < cluster_.log().partitions(topic).value_or(0); ++p) {
        const OffsetRange range = cluster_.log().offsets(topic, p);
        if (range.end > 0 && cluster_.log().committed(topic, p).value_or(0) < range.end)
          return false;
      }
    }
    return true;
  }
  std::vector<EpochRecord> epochs() {
    return read_epochs(cluster_.log(), pipeline_->graph->pipeline, 0, 0);
  }
  /// A clean replay of what can be replayed, on another machine; what it says is in `notes`.
  Hashes verified(std::vector<std::string>* notes = nullptr) {
    RunningShard again(*pipeline_, layout_, cluster_.world(), nowhere_.path());
    again.verify();
    if (notes != nullptr) *notes = again->notes();
    return again.hashes();
  }
  std::filesystem::path folder() const { return folder_.path() / "shard-0"; }
  MemoryLog& log() { return cluster_.log(); }
  Cluster& cluster() { return cluster_; }
  Pipeline& pipeline() { return *pipeline_; }

  std::function<MemoryLog::Fault(const MemoryLog::Call&)> hook;
  bool crashed = true;            // whether the life before died of itself
  bool accept_new_logic = false;  // of the lives to come

 private:
  static void set_small(Pipeline& pipeline) {
    EngineConfig& engine = pipeline.config.engine;
    engine.batch_rows = 16;
    engine.run_rows = 10;
    engine.epoch.ms = 0;  // every run is an epoch, if the one before is committed
  }

  std::string yaml_;
  Set set_;
  TemporaryFolder folder_, nowhere_;
  Cluster cluster_{{.clock = [this] { return wall_ms(); },
                    .hook =
                        [this](const MemoryLog::Call& call) {
                          return hook ? hook(call) : MemoryLog::Fault::none;
                        }}};
  Time now_{};
  bool commits_answered_ = true;
  std::unique_ptr<Pipeline> pipeline_;
  Layout layout_;
};

}  // namespace weir::engine_test
