#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/epochs/cursor.h"
#include "pipeline/epochs/epoch_record.h"
#include "pipeline/graph/graph.h"
#include "pipeline/runner/layout.h"
#include "pipeline/runner/source_input.h"
#include "pipeline/runner/world.h"
#include "pipeline/shard/shard.h"

namespace weir {

/// Which pipeline applies to a shard: that of the file, or one that an epoch or a snapshot
/// recorded; with the limits and the arithmetic of what was recorded under it.
class PipelineInForce {
 public:
  struct Settings {
    std::uint32_t shard = 0;
    std::string resolved;           // the file's pipeline, as epochs record it
    bool accept_new_logic = false;  // replay what other arithmetic computed all the same
    bool find_outputs = false;      // those of recorded pipelines are looked for in their topics
  };
  using Partitions = std::map<std::string, std::int32_t>;  // per source

  /// A pipeline with where it reads and writes. Its graph must outlive every shard made of it.
  class Version {
   public:
    const Graph& graph() const { return *graph_; }
    const Layout& layout() const { return *layout_; }
    /// An output that is larger is a dead letter; 0: the default.
    std::size_t record_bytes() const { return record_bytes_; }

   private:
    friend class PipelineInForce;
    struct Recorded {
      std::unique_ptr<Pipeline> pipeline;
      Layout layout;
    };
    const Graph* graph_;
    const Layout* layout_;
    std::unique_ptr<Recorded> recorded_;  // owns both, unless they are the file's
    std::size_t record_bytes_;
  };

  /// `live` and `layout` are those of the file, which comes into force.
  PipelineInForce(const Graph& live, const Layout& layout, World& world, Settings settings);

  const Graph& graph() const { return version_.graph(); }
  const Layout& layout() const { return version_.layout(); }
  std::size_t record_bytes() const { return version_.record_bytes(); }
  const Layout& live_layout() const { return live_layout_; }
  const std::string& name() const { return live_graph_.pipeline; }  // the same of all versions
  const std::string& resolved() const { return settings_.resolved; }
  std::uint32_t shard() const { return settings_.shard; }
  /// The lanes of the shard.
  std::vector<Lane> lanes() const { return lanes_of(version_); }
  /// Index of the epochs topic among those that the shard writes.
  std::uint32_t epochs_topic() const;
  /// Where the records of a source come from, by the file's properties.
  SourceInput input_of(const SourceNode& source) const;

  /// A pipeline as it was recorded: the file's, if both compute and read the same. Throws
  /// std::runtime_error: the number of partitions of a source has changed; what read_recorded
  /// throws.
  Version recorded(const std::string& resolved, const Partitions& partitions,
                   std::size_t record_bytes) const;
  /// That of the file.
  Version live(std::size_t record_bytes) const;
  /// Comes into force. Returns the one before, which must be kept until its shard is gone.
  Version adopt(Version next);

  /// What `Shard` needs to know of the version in force.
  Shard::Settings shard_settings(std::size_t batch_rows) const;
  std::vector<Lane> lanes_of(const Version& version) const;
  Partitions partition_counts() const;

  /// Throws std::runtime_error, with the way out, if this program cannot compute what the epoch's
  /// did; unless that is accepted.
  void check_logic(const EpochRecord& record);
  /// The state is that after an epoch, or in a snapshot, of this logic.
  void follow(std::uint64_t logic) { logic_ = logic; }
  /// The state was loaded from a snapshot of this logic.
  void load(std::uint64_t logic);
  /// What was computed last was computed with this.
  std::uint64_t logic() const { return logic_; }
  /// The other logic that was replayed all the same.
  const std::optional<std::uint64_t>& accepted() const { return accepted_; }
  bool is_live() const { return &version_.graph() == &live_graph_; }
  /// Whether the file wants something else than what is recorded.
  bool differs_from_live() const;
  /// A change to the live pipeline is recorded.
  void settle();

 private:
  void check_partitions(const Version& version, const Partitions& partitions) const;
  Layout recorded_layout(const Graph& graph, const Partitions& partitions) const;

  const Graph& live_graph_;
  const Layout& live_layout_;
  World& world_;
  Settings settings_;
  Version version_;
  std::uint64_t logic_ = 0;
  std::optional<std::uint64_t> accepted_;
};

/// Where the inputs of `to` continue that `from` reads too, under the same name from the same
/// topic. Commands are read by every pipeline.
Cursor carried(const Cursor& cursor, const Graph& from, const Graph& to);

}  // namespace weir
