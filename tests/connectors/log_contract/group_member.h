#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipeline/core/log/log.h"

namespace weir {

using Partitions = std::vector<std::int32_t>;

/// A member of a group, with the partitions it owns and what was reported to it.
struct GroupMember {
  struct Released {
    std::vector<std::int32_t> partitions;
    bool lost;
    bool operator==(const Released&) const = default;
  };

  void join(Log& log, const std::string& group, const std::string& topic,
            const std::string& instance = {}) {
    membership = log.join(group, topic, instance, *signal);
  }
  void poll() {
    const auto mine = membership->poll([this](std::span<const std::int32_t> partitions, bool lost) {
      released.push_back({{partitions.begin(), partitions.end()}, lost});
      owned.clear();
    });
    owned.assign(mine.begin(), mine.end());
  }
  void leave() {
    owned.clear();
    membership.reset();
  }

  Signal* signal;
  std::unique_ptr<Membership> membership = nullptr;
  std::vector<std::int32_t> owned = {};
  std::vector<Released> released = {};
};

}  // namespace weir
