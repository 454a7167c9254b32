#pragma once

#include <cstdint>

#include "pipeline/config/config.h"

namespace weir {

/// The time (ms) that a source's `start` means: a time as written, or `-7d` before `now_ms`. Not
/// for `earliest` and `latest`.
std::int64_t start_time(const SourceConfig& source, std::int64_t now_ms);

}  // namespace weir
