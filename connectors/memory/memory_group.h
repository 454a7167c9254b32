#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "pipeline/core/log/log.h"

namespace weir {

/// The members of a group of the log in memory and what each of them owns: Kafka's eager protocol
/// with the `range` assignor, without its clock. Every change of the members asks all to release;
/// when all have, the partitions are assigned again. A lease ends only when `expire` says so.
/// Deterministic: a function of the order of calls. Not thread-safe.
class MemoryGroup {
 public:
  /// Names one stay of one member; 0 names none.
  using Member = std::uint64_t;

  explicit MemoryGroup(std::int32_t partitions) : partitions_(partitions) {}

  /// A new member, or one that comes back: an instance that has a place takes it over, partitions
  /// included, and fences whoever held it.
  Member enter(const std::string& instance, Signal& signal);
  /// The member ends its stay. `told`: it said so to the group, and without an instance it gives up
  /// its place; else the place is held until it expires.
  void leave(Member member, bool told);
  void expire(Member member);
  /// Ends the leases of all that are not there any more.
  void expire_gone();

  enum class Standing : std::uint8_t {
    absent,     // never entered, or its lease has ended
    fenced,     // another member has its instance
    releasing,  // it has partitions to give up, then calls `released`
    waiting,    // for the others to release
    assigned    // `take` says what it has
  };
  Standing standing(Member member) const;
  void released(Member member);
  /// What an assigned member has; from here on it must release it. Sorted.
  std::span<const std::int32_t> take(Member member);

 private:
  struct Place {
    Member member;
    std::string instance;
    Signal* signal;          // null: its member is not there
    bool taken = false;      // the member knows its partitions
    bool releasing = false;  // and was asked to give them up
    std::vector<std::int32_t> partitions = {};
  };

  Place* place_of(Member member);
  const Place* place_of(Member member) const;
  void begin_rebalance();
  void share_out_when_released();

  std::int32_t partitions_;
  std::vector<Place> places_;  // in the order in which they share
  std::set<Member> fenced_;
  Member last_ = 0;
  bool rebalancing_ = false;
};

}  // namespace weir
