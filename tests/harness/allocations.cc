#include "tests/harness/allocations.h"

#include <cstdlib>
#include <new>

namespace weir {

std::atomic<std::uint64_t> allocations{0};

}  // namespace weir

#ifndef WEIR_SANITIZED
// Not inlined: the optimiser must not pair our free with its own idea of new.
[[gnu::noinline]] void* operator new(std::size_t size) {
  weir::allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new[](std::size_t size) { return operator new(size); }
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
#endif
