#pragma once

#include <atomic>
#include <cstdint>

namespace weir::simulation {

/// What happened in all scenarios so far; their threads count together.
struct Figures {
  std::atomic<std::uint64_t> scenarios = 0, crashes = 0, recoveries = 0, takeovers = 0, fenced = 0,
                             lost_requests = 0, lost_answers = 0, torn = 0, found_torn = 0,
                             gaps = 0, damaged = 0, changes = 0, epochs = 0, rows = 0;
};

}  // namespace weir::simulation
