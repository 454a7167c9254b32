#pragma once

#include <string>
#include <vector>

#include "pipeline/runner/notices.h"
#include "pipeline/runner/stop_reason.h"
#include "pipeline/service/shard_end.h"

namespace weir {

/// What a worker reports to whoever runs it. Called by every worker's thread: thread-safe.
class WorkerEvents {
 public:
  virtual ~WorkerEvents() = default;

  /// The process cannot continue: all of its workers have to stop.
  virtual void fail(StopReason why, const std::string& reason) = 0;
  /// A shard has stopped since its input was deleted; the others continue.
  virtual void lose(const std::string& reason) = 0;
  /// Something that a person should read.
  virtual void tell(const Notice& notice) = 0;
  /// The worker's last call. `ends`: of the shards that it has finished.
  virtual void ended(const std::vector<ShardEnd>& ends) = 0;
};

}  // namespace weir
