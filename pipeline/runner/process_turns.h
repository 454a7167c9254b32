#pragma once

#include <mutex>
#include <shared_mutex>

namespace weir {

/// The turns of the shards in one process: they work beside each other, or one works alone. A shard
/// that processes a suspect record does so alone, or it might be blamed for a crash that another
/// shard's record causes. Thread-safe.
class ProcessTurns {
 public:
  using Beside = std::shared_lock<std::shared_mutex>;
  using Alone = std::scoped_lock<std::mutex, std::shared_mutex>;

  /// Held while a shard works like any other. Waits while one works alone, or waits to.
  Beside beside_others() {
    const std::lock_guard enter(door_);
    return Beside(inside_);
  }
  /// Held while a shard works alone. Waits until the others have left; nobody enters meanwhile.
  Alone alone() { return Alone(door_, inside_); }

 private:
  std::mutex door_;  // whoever waits to be alone holds it
  std::shared_mutex inside_;
};

}  // namespace weir
