#pragma once

#include <sys/types.h>

#include <functional>
#include <vector>

#include "pipeline/core/state_section.h"

namespace weir {

/// A shard's state at one moment, saved by a child process while the shard continues. The child has
/// the memory of that moment, of which the system copies only the pages written to meanwhile. The
/// shard waits only for the fork.
///
/// Cost: some 2.5 ms per 100 MB of the process. Memory: what is saved, twice for a moment, and a
/// copy of each page that the shard changes meanwhile.
class StateCopy {
 public:
  using Save = std::function<std::vector<StateSection>()>;

  /// Forks. `save` runs in the child, where there is no other thread: it may wait for none and take
  /// no lock (malloc is safe). `sealed`: the parts that its sections name, of which it brings back
  /// the names alone. Throws std::system_error: the system has no room for another process.
  StateCopy(const Save& save, std::vector<SealedBytes> sealed);
  /// Kills the child if nobody has waited for it.
  ~StateCopy();
  StateCopy(const StateCopy&) = delete;
  StateCopy& operator=(const StateCopy&) = delete;

  /// Waits for the child, some minutes at most; once, from any thread. Throws std::runtime_error:
  /// it has failed, or was ended.
  std::vector<StateSection> take();

 private:
  std::vector<StateSection> read() const;

  std::vector<SealedBytes> sealed_;
  pid_t child_ = -1;
  int memory_ = -1;  // a file in memory that the child fills
  int done_ = -1;    // a pipe by which it says that it is full
};

}  // namespace weir
