#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace weir {

/// A shard's state after an epoch. It counts only if `chain` equals the log's record of the epoch.
struct Snapshot {
  std::string pipeline;
  std::uint32_t shard = 0;
  std::uint64_t epoch = 0;
  std::uint64_t chain = 0;
  std::uint64_t logic = 0;        // fingerprint of the graph that made it
  std::int64_t log_position = 0;  // at or before the epoch's record in its partition
  /// Where each lane goes on: source, partition, next offset.
  std::vector<std::pair<std::pair<std::string, std::int32_t>, std::int64_t>> positions;
  std::string state;
};

/// Writes `folder/<epoch>.snapshot`: zstd blocks, each with its XXH3-64, temporary name, fsync,
/// rename, fsync of the folder; keeps the newest `generations` up to this one. Returns the bytes
/// written. Throws std::runtime_error when the disk does not take it (what was there stays).
std::size_t write_snapshot(const std::filesystem::path& folder, const Snapshot& snapshot,
                           std::size_t generations = 3);

/// The snapshots in a folder, newest epoch first.
std::vector<std::filesystem::path> list_snapshots(const std::filesystem::path& folder);

/// Reads one, whole or not at all: throws std::runtime_error (damaged, cut short, another version).
/// Allocates no more than the file's own size says, 64 GiB at most.
Snapshot read_snapshot(const std::filesystem::path& file);

/// Compresses and writes snapshots beside the event path; a newer one replaces one that waits.
class SnapshotThread {
 public:
  struct Report {
    std::uint64_t written = 0, failed = 0;
    std::size_t bytes = 0;  // of the last one
    std::string last_error;
  };

  explicit SnapshotThread(std::filesystem::path folder);
  ~SnapshotThread();  // finishes what waits
  void publish(Snapshot snapshot);
  Report report() const;

 private:
  void run();

  std::filesystem::path folder_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Snapshot> waiting_;
  Report report_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace weir
