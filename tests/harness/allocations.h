#pragma once

#include <atomic>
#include <cstdint>

namespace weir {

/// Calls of operator new in this process, by any thread. A program counts when it is linked with
/// `allocation_counter`; not under the sanitizers, which have an allocator of their own.
extern std::atomic<std::uint64_t> allocations;

}  // namespace weir
