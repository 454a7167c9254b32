#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "connectors/kafka/kafka_log.h"
#include "pipeline/config/config.h"
#include "pipeline/runner/world.h"

namespace weir {

/// The world of a pipeline on Kafka: its cluster, and those of sources with their own `kafka:`.
class KafkaWorld {
 public:
  /// `config` outlives it.
  explicit KafkaWorld(const Config& config);
  World& world() { return world_; }

 private:
  Log& of(const SourceConfig& source);

  const Config& config_;
  KafkaLog main_;
  std::mutex mutex_;  // over the others: any worker may be the first to ask for one
  std::map<KafkaProperties, std::unique_ptr<KafkaLog>> others_;
  World world_;
};

}  // namespace weir
