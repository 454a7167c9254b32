#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "pipeline/core/log/log_failure.h"

namespace weir {

/// A member of a group that shares out the partitions of one topic. It reads no records: it is only
/// a lease, which says who works on what. Used by one thread. Safety must not rest on it: a process
/// that was paused may poll several times before it learns that its lease has ended. The fencing of
/// writers is for that.
class Membership {
 public:
  /// Leaves the group: the others take over at once. A member with its own instance keeps its place
  /// instead, until it comes back or its session times out. Does not call `release`: give up the
  /// partitions before.
  virtual ~Membership() = default;

  /// Called within `poll` when partitions must be given up: all that are ours. Release them before
  /// it returns, because their next owner then begins. `lost`: the lease has already ended, and
  /// others may own them. May throw, through `poll`.
  using Release = std::function<void(std::span<const std::int32_t> partitions, bool lost)>;

  /// Gives the group's protocol its turn, without waiting. Call it every few seconds at least and
  /// when the signal given at joining is notified, or the lease ends. Returns the partitions that
  /// are ours now, sorted; valid until the next call. Throws LogFailure: `fenced` when another
  /// member has joined with our instance (after `release` with `lost`), `refused`. A log that
  /// cannot be reached is no failure: the lease then ends by time.
  virtual std::span<const std::int32_t> poll(const Release& release) = 0;

  /// Whether an assignment of the group holds, possibly an empty one: not during a rebalance.
  virtual bool joined() const = 0;
};

}  // namespace weir
