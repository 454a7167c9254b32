#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/core/connector.h"
#include "pipeline/core/log/log.h"
#include "pipeline/graph/graph.h"
#include "pipeline/shard/merge_head.h"
#include "pipeline/shard/replay_summary.h"
#include "pipeline/shard/shard.h"

namespace weir {

/// Runs a graph offline over files, in one shard and without a log: the same rows in the same order
/// always give the same bits. Several files are merged row by row by event time (MergeHead); where
/// times are equal, tables come first, then rows, then labels (PortRole), then they go by name.
class Replay {
 public:
  struct Input {  // one a source
    std::unique_ptr<RecordReader> reader;
    std::shared_ptr<FormatSpec> format;
    std::string path;
  };
  struct Settings {
    std::size_t batch_rows = 4096;
    bool drain = false;               // let time pass at the end until every wait has ended
    bool read_between_steps = false;  // test: read figures between steps, which must change nothing
  };
  struct Progress {
    std::uint64_t rows = 0;
    double seconds = 0;
  };

  /// `outputs`: one a sink, null where nothing is written.
  Replay(const Graph& graph, std::vector<Input> inputs,
         std::vector<std::unique_ptr<FileWriter>> outputs, Settings settings);
  ~Replay();

  /// Throws LogFailure or std::runtime_error (a file that cannot be read or written).
  void run(const std::function<void(const Progress&)>& progress);

  /// What it came to, for `replay_summary`.
  ReplayResult result();

  Shard& shard() { return *shard_; }

 private:
  void start_readers();
  void run_one(const std::function<void(const Progress&)>& progress);
  void run_merged(const std::function<void(const Progress&)>& progress);
  void open_heads();
  std::size_t next_head(const std::vector<std::size_t>& order) const;
  void drain();
  void write_out();
  void tell(const std::function<void(const Progress&)>& progress, bool last);

  const Graph& graph_;
  std::vector<Input> inputs_;
  std::vector<std::unique_ptr<FileWriter>> outputs_;
  Settings settings_;
  std::unique_ptr<Shard> shard_;
  std::vector<std::optional<std::string>> header_lines_;  // a file's: CSV
  std::vector<std::unique_ptr<MergeHead>> heads_;  // of several inputs
  Outbox outbox_;
  Signal signal_;
  std::uint64_t rows_ = 0;
  double seconds_ = 0;
  std::int64_t began_ns_ = 0;
  std::int64_t told_ns_ = 0;
};

}  // namespace weir
