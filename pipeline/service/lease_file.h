#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace weir {

/// Notes on the disk which shards a worker runs and that it lives, so that the process after a
/// crash resumes them at once: the crashed one's session has not expired, so nobody else has them.
///
/// The file says nothing about safety, which rests on fencing. An error of the disk is ignored: the
/// next process then waits for the group. Used by one thread.
class LeaseFile {
 public:
  explicit LeaseFile(std::filesystem::path file) : file_(std::move(file)) {}

  /// The shards below `shards` that a process held here that lived less than five seconds ago and
  /// did not give them up.
  std::vector<std::uint32_t> left_by_crash(std::uint32_t shards) const;

  /// These shards are held now. Call it every second. Cost: a write if they have changed, else a
  /// new time of the file. None: as `remove`.
  void keep(std::span<const std::uint32_t> held);
  /// Nothing is held any more.
  void remove();
  /// Whether the file names a shard, as far as this process has written it.
  bool holds_any() const { return !written_.empty(); }

 private:
  std::filesystem::path file_;
  std::string written_;
};

}  // namespace weir
