#include <fmt/format.h>

#include "connectors/memory/memory_log_parts.h"

namespace weir {

using Kind = MemoryLog::Call::Kind;
using Standing = MemoryGroup::Standing;

MemoryLog::Member::~Member() {
  bool told = false;
  try {
    told = log_.call(Kind::leave, name_) == Fault::none;
  } catch (...) {  // killed before it could tell
  }
  {
    const std::lock_guard lock(log_.mutex_);
    group_.leave(member_, told);
  }
  try {
    log_.call(Kind::leave, name_, true);
  } catch (...) {  // killed right after
  }
}

std::span<const std::int32_t> MemoryLog::Member::poll(const Release& release) {
  log_.call(Kind::poll, name_);
  while (advance(release)) {
  }
  log_.call(Kind::poll, name_, true);
  return owned_;
}

/// One step of the protocol. Returns whether there is another.
bool MemoryLog::Member::advance(const Release& release) {
  std::unique_lock lock(log_.mutex_);
  const Standing standing = group_.standing(member_);
  joined_ = standing == Standing::assigned;
  switch (standing) {
    case Standing::absent:
      if (!owned_.empty()) {
        lock.unlock();
        give_up(release, true);
        return true;
      }
      member_ = group_.enter(instance_, signal_);
      return true;
    case Standing::fenced:
      lock.unlock();
      give_up(release, true);
      throw LogFailure(LogFailure::Kind::fenced,
                       fmt::format("another member of {} has joined as {}", name_, instance_));
    case Standing::releasing:
      lock.unlock();
      give_up(release, false);
      lock.lock();
      group_.released(member_);
      return true;
    case Standing::waiting:
      return false;
    case Standing::assigned:
      break;
  }
  const std::span<const std::int32_t> mine = group_.take(member_);
  owned_.assign(mine.begin(), mine.end());
  return false;
}

void MemoryLog::Member::give_up(const Release& release, bool lost) {
  if (owned_.empty()) return;
  release(owned_, lost);
  owned_.clear();
}

std::unique_ptr<Membership> MemoryLog::join(const std::string& group, const std::string& topic,
                                            const std::string& instance, Signal& signal) {
  call(Kind::join, group);
  std::unique_ptr<Membership> member;
  {
    const std::lock_guard lock(mutex_);
    const auto partitions = static_cast<std::int32_t>(topic_of(topic).partitions.size());
    MemoryGroup& joined = groups_.try_emplace({group, topic}, partitions).first->second;
    member = std::make_unique<Member>(*this, group, joined, instance, signal);
  }
  signal.notify();
  call(Kind::join, group, true);
  return member;
}

void MemoryLog::expire(const Membership& member) {
  const std::lock_guard lock(mutex_);
  dynamic_cast<const Member&>(member).expire();
}

void MemoryLog::expire_gone(const std::string& group, const std::string& topic) {
  const std::lock_guard lock(mutex_);
  const auto found = groups_.find({group, topic});
  if (found != groups_.end()) found->second.expire_gone();
}

}  // namespace weir
