#include "pipeline/service/fencing_policy.h"

namespace weir {

std::optional<FencingPolicy::Time> FencingPolicy::judge(std::uint32_t shard, Time now) {
  std::deque<Time>& times = fencings_[shard];
  times.push_back(now);
  while (now - times.front() > limits_.within) times.pop_front();
  if (times.size() >= limits_.most) return std::nullopt;
  return now + limits_.pause;
}

}  // namespace weir
