#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/epochs/epoch_record.h"

namespace weir {

/// What a shard's process had in hand when it died, in a small file: an event that kills the
/// process would kill every one that comes after it.
///
/// The file outlives the process, not the machine (it is not synced). A process that ends by
/// itself, or gives the shard up, takes it away: only one that dies leaves it. Cost: one write of
/// some hundred bytes a call of `note`.
class DeathWatch {
 public:
  /// One past the last record taken from a lane.
  struct Taken {
    std::string source;
    std::int32_t partition = 0;
    std::int64_t upto = 0;

    bool operator==(const Taken&) const = default;
  };
  struct Mark {
    std::uint32_t deaths = 0;    // one after another, with no way past `danger` in between
    std::vector<Taken> danger;   // what was in hand at those deaths; fixed while a process lives
    std::vector<Taken> taken;    // what this process has in hand
    std::optional<Skip> alone;   // the one record that is being processed
    std::vector<Skip> poison;    // those that are known to end the process

    bool operator==(const Mark&) const = default;
  };

  explicit DeathWatch(std::filesystem::path file);
  ~DeathWatch();
  DeathWatch(const DeathWatch&) = delete;
  DeathWatch& operator=(const DeathWatch&) = delete;

  /// What the last process left, if it did not end by itself. A file that cannot be read is none.
  std::optional<Mark> left() const;
  void note(const Mark& mark);
  /// Nothing is in hand any more, or nobody will die of it.
  void clear();

 private:
  std::filesystem::path file_;
  int fd_ = -1;
  std::size_t size_ = 0;  // of the longest mark written
};

}  // namespace weir
