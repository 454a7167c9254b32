#include "pipeline/service/sample_board.h"

#include <utility>

namespace weir {

void SampleBoard::set(std::uint32_t shard, MetricSamples samples) {
  const std::lock_guard lock(mutex_);
  samples_[shard] = std::move(samples);
}

void SampleBoard::erase(std::uint32_t shard) {
  const std::lock_guard lock(mutex_);
  samples_.erase(shard);
}

void SampleBoard::replace(PerShard samples) {
  const std::lock_guard lock(mutex_);
  samples_ = std::move(samples);
}

MetricSamples SampleBoard::all() const {
  const std::lock_guard lock(mutex_);
  MetricSamples all;
  for (const auto& [shard, samples] : samples_) all.append(samples);
  return all;
}

}  // namespace weir
