#pragma once

#include <span>

#include "pipeline/core/connector.h"
#include "pipeline/core/operator.h"
#include "pipeline/core/record.h"

namespace weir {

/// Every component that a pipeline file may name: the tables of the folders above, put together by
/// the program.
struct Vocabulary {
  std::span<const SourceType> sources;
  std::span<const OperatorType> operators;
  std::span<const SinkType> sinks;
  std::span<const FormatType> formats;
  /// What is wrong with a property for librdkafka, or empty. Offline.
  std::string (*kafka_property)(const std::string& name, const std::string& value) = nullptr;
};

}  // namespace weir
