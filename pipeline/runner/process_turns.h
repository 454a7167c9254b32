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
  class Alone {
   private:
    friend class ProcessTurns;
    explicit Alone(ProcessTurns& turns) : door_(turns.door_), inside_(turns.inside_) {}
    std::unique_lock<std::mutex> door_;  // first, and held while waiting for those inside to leave
    std::unique_lock<std::shared_mutex> inside_;
  };

  /// Held while a shard works like any other. Waits while one works alone, or waits to. A thread
  /// holds one at a time.
  Beside beside_others() {
    const std::lock_guard enter(door_);
    return Beside(inside_);
  }
  /// Held while a shard works alone. Waits until the others have left; nobody enters meanwhile.
  Alone alone() { return Alone(*this); }

 private:
  std::mutex door_;  // whoever waits to be alone holds it
  std::shared_mutex inside_;
};

}  // namespace weir
