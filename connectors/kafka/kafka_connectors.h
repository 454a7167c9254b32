#pragma once

#include <memory>

#include "pipeline/core/connector.h"

namespace weir {

/// `type: kafka` of a source: a topic, read committed.
std::unique_ptr<SourceSpec> make_kafka_source();
/// `type: kafka` of a sink: a topic, written within the epoch's transaction.
std::unique_ptr<SinkSpec> make_kafka_sink();

}  // namespace weir
