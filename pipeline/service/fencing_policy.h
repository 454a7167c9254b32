#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

namespace weir {

/// Decides what to do about a shard that another owner has taken.
///
/// In a group that may be right, since the group says whose the shard is: it is tried again once
/// the group has had time to say so. Taken too often in a short time, a second program runs it that
/// the group does not know. Each shard counts by itself: a process that was paused finds all of its
/// shards taken at once. Pure: time comes in.
class FencingPolicy {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Limits {
    std::size_t most = 3;             // so many of one shard ...
    std::chrono::seconds within{60};  // ... within this time are too many
    std::chrono::seconds pause{3};    // before the shard is tried again
  };

  explicit FencingPolicy(Limits limits) : limits_(limits) {}

  /// When a shard that was taken now may be tried again; none: give up.
  std::optional<Time> judge(std::uint32_t shard, Time now);

  const Limits& limits() const { return limits_; }

 private:
  Limits limits_;
  std::map<std::uint32_t, std::deque<Time>> fencings_;  // the last `within`
};

}  // namespace weir
