#pragma once

#include <memory>

#include "pipeline/core/connector.h"

namespace weir::kafka {

/// `type: kafka` of a source: a topic, read committed.
std::unique_ptr<SourceSpec> make_source();
/// `type: kafka` of a sink: a topic, written within the epoch's transaction.
std::unique_ptr<SinkSpec> make_sink();

}  // namespace weir::kafka
