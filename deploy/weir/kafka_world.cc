#include "deploy/weir/kafka_world.h"

#include <chrono>

#include "deploy/weir/pipeline_file.h"

namespace weir {
namespace {

std::int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

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
  auto& log = others_[all];
  if (!log) log = std::make_unique<KafkaLog>(all);
  return *log;
}

}  // namespace weir
