#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/engine/snapshot.h"

namespace weir {

/// Writes `folder/<epoch>.snapshot` (write_durably); keeps the newest `generations` up to this one.
/// Returns the bytes written. Throws std::runtime_error when the disk does not take it (what was
/// there stays).
std::size_t write_snapshot(const std::filesystem::path& folder, const Snapshot& snapshot,
                           std::size_t generations = 3);
std::size_t write_packed_snapshot(const std::filesystem::path& folder, std::uint64_t epoch,
                                  std::string_view packed, std::size_t generations = 3,
                                  bool sync = true);

/// The snapshots in a folder, newest epoch first.
std::vector<std::filesystem::path> list_snapshots(const std::filesystem::path& folder);

/// Reads one, whole or not at all: throws std::runtime_error (see unpack_snapshot), which names it.
Snapshot read_snapshot(const std::filesystem::path& file);
SnapshotOutline read_outline(const std::filesystem::path& file);

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
