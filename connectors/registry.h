#pragma once

#include <span>

#include "pipeline/core/connector.h"
#include "pipeline/core/record.h"

namespace weir {

/// Every type of source, sink and format that a pipeline file may name.
std::span<const SourceType> source_types();
std::span<const SinkType> sink_types();
std::span<const FormatType> format_types();

}  // namespace weir
