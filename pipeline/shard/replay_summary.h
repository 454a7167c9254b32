#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/core/json.h"
#include "pipeline/shard/shard.h"

namespace weir {

/// What a replay came to, once all its rows are through.
struct ReplayResult {
  Shard& shard;
  std::vector<std::string> inputs;  // per source: what was read
  std::uint64_t records = 0;
  double seconds = 0;
};

/// `{"pipeline", "rows", "seconds", "rows_per_second", "operators": ..., "dead_letters",
/// "dead_letter_examples", "late_rows", "output_hash", "state_hash"}`, and `"far_rows"` by source
/// if there were any.
Json replay_summary(const ReplayResult& result);

/// The same for people: every count of rows that were not used is there if it is not 0.
std::string replay_text(const ReplayResult& result);

/// Why the run is worth nothing, though it came to its end: every record was lost, or a model
/// served no row but its fallback. Empty: it is not so.
std::string replay_failure(const ReplayResult& result);

}  // namespace weir
