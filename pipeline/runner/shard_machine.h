#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipeline/core/metric_samples.h"
#include "pipeline/epochs/committer.h"
#include "pipeline/epochs/cursor.h"
#include "pipeline/epochs/epoch_chain.h"
#include "pipeline/runner/command_executor.h"
#include "pipeline/runner/pipeline_in_force.h"
#include "pipeline/runner/shard_input.h"
#include "pipeline/runner/world.h"
#include "pipeline/shard/shard.h"
#include "pipeline/snapshots/snapshot.h"

namespace weir {

/// One shard of one pipeline at one place of its log: what recovery, an audit and the live loop
/// share. Whatever changes the place or the pipeline goes through here, so that pipeline, shard,
/// state and input always belong together. Begins with the file's pipeline and no state.
///
/// `restore`, `begin` and `restart` return where the input continues: it is read from there on once
/// `open` says so, since reading may have to begin somewhere else.
class ShardMachine {
 public:
  struct Settings {
    PipelineInForce::Settings pipeline;
    std::size_t batch_rows = 4096;
    std::size_t run_rows = 4096;  // read at a time
    Owner owner = {};
  };

  ShardMachine(const Graph& live, const Layout& layout, World& world, Settings settings,
               Signal& signal);

  PipelineInForce& pipeline() { return pipeline_; }
  const PipelineInForce& pipeline() const { return pipeline_; }
  const Graph& graph() const { return pipeline_.graph(); }
  Shard& shard() { return *shard_; }
  const Shard& shard() const { return *shard_; }
  ShardInput& input() { return input_; }
  const ShardInput& input() const { return input_; }
  EpochChain& chain() { return chain_; }
  const EpochChain& chain() const { return chain_; }
  std::size_t run_rows() const { return settings_.run_rows; }

  /// The state and the pipeline of a snapshot, after its epoch. Throws std::runtime_error: it
  /// cannot be used, and why.
  Cursor restore(const Snapshot& snapshot);
  /// After epoch 0, as it was recorded. Throws std::runtime_error: this pipeline cannot continue.
  Cursor restart(const EpochRecord& epoch_0);
  /// Before epoch 0, with the file's pipeline. The log will have come to `log_position`. Throws
  /// LogFailure.
  Cursor begin(std::size_t record_bytes, std::int64_t log_position);

  /// Repeats a recorded change of the pipeline: operators that both have keep their state, input
  /// continues. Throws std::runtime_error, LogFailure.
  void repeat_change(const Beginning& change);
  struct Change {
    std::vector<std::string> cold;  // operators that start without state
    Cursor carried;                 // of the inputs that both pipelines read
  };
  /// The file's pipeline comes into force, with the state of the one before but for the operators
  /// in `reset`.
  Change change_to_live(std::size_t record_bytes, std::span<const std::string> reset);

  /// Opens the input. Throws LogFailure; std::runtime_error: a file's header does not fit.
  void open(const Cursor& at);
  /// Reopens it at another place.
  void reopen(const Cursor& at);
  /// The cursor, moved to an offset of an input that an epoch names. Throws std::runtime_error: the
  /// pipeline does not read it.
  void move(Cursor& cursor, const std::string& source, std::int32_t partition,
            std::int64_t next) const;

  /// The state is that after a recorded epoch.
  void follow(const EpochRecord& record);
  /// Executes a command; returns what became of it, for a person.
  std::string command(const Record& record) { return commands_.execute(record, *shard_); }
  /// The positions that are committed with an epoch, for tools that show lag.
  std::vector<CommittedOffset> offsets_to_commit() const;

  /// The figures of input, shard and commands, at this wall time.
  void report(MetricSamples& samples, std::int64_t now_ms) const;
  /// Those of the operators, which get labels of their own. `state_bytes`: by operator.
  void report_operators(MetricSamples& samples,
                        const std::map<std::string, std::size_t>& state_bytes);

 private:
  std::vector<std::string> put_in_force(PipelineInForce::Version next,
                                        const std::vector<StateSection>& state,
                                        std::span<const std::string> reset = {},
                                        bool any_logic = false);
  void check_heads();
  void need_every_lane(const PipelineInForce::Version& version, const Cursor& at) const;

  Settings settings_;
  PipelineInForce pipeline_;
  std::unique_ptr<Shard> shard_;
  ShardInput input_;
  EpochChain chain_;
  CommandExecutor commands_;
};

}  // namespace weir
