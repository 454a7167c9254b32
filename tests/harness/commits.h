#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace weir::engine_test {

/// Who committed which epoch of which shard.
class Commits {
 public:
  void add(std::uint32_t shard, std::uint64_t epoch, const std::string& by) {
    const std::lock_guard lock(mutex_);
    by_[{shard, epoch}].push_back(by);
  }
  std::vector<std::string> of(std::uint32_t shard, std::uint64_t epoch) {
    const std::lock_guard lock(mutex_);
    return by_[{shard, epoch}];
  }

 private:
  std::mutex mutex_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::vector<std::string>> by_;
};

}  // namespace weir::engine_test
