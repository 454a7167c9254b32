#pragma once

#include <cstdint>
#include <map>
#include <mutex>

#include "pipeline/core/metric_samples.h"

namespace weir {

/// The newest figures of each shard of a worker: the worker pins them up, anybody reads them.
/// Thread-safe.
class SampleBoard {
 public:
  using PerShard = std::map<std::uint32_t, MetricSamples>;

  void set(std::uint32_t shard, MetricSamples samples);
  /// The shard has left: whoever has it next reports it.
  void erase(std::uint32_t shard);
  /// Those of shards that are not in `samples` are gone.
  void replace(PerShard samples);
  /// Of all shards, by shard.
  MetricSamples all() const;

 private:
  mutable std::mutex mutex_;
  PerShard samples_;
};

}  // namespace weir
