#include "deploy/weir/kafka_world.h"

#include "deploy/weir/pipeline_file.h"
#include "deploy/weir/wall_clock.h"

namespace weir {
KafkaWorld::KafkaWorld(const Config& config)
    : config_(config),
      main_(config.kafka),
      world_{
          main_, [this](const SourceConfig& source) -> Log& { return of(source); }, wall_ms,
          [](const std::string& resolved) { return read_recorded(resolved, all_components()); }} {}

Log& KafkaWorld::of(const SourceConfig& source) {
  if (source.kafka.empty()) return main_;
  KafkaProperties all = config_.kafka;
  for (const auto& [name, value] : source.kafka) all[name] = value;
  const std::lock_guard lock(mutex_);
  auto& log = others_[all];
  if (!log) log = std::make_unique<KafkaLog>(all);
  return *log;
}

}  // namespace weir
