#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace weir {

/// Memory of one step: handed out by moving a pointer, freed all at once. Blocks are kept, so a
/// steady stream of steps allocates nothing.
class Arena {
 public:
  /// `n` values, not initialised.
  template <class T>
  std::span<T> make(std::size_t n) {
    static_assert(std::is_trivially_destructible_v<T>);
    return {static_cast<T*>(raw(n * sizeof(T), alignof(T))), n};
  }

  /// A copy of `text` followed by `padding` readable bytes (zeros).
  std::string_view copy(std::string_view text, std::size_t padding = 0) {
    char* to = static_cast<char*>(raw(text.size() + padding, 1));
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    std::memset(to + text.size(), 0, padding);
    return {to, text.size()};
  }

  void reset() {
    block_ = 0;
    used_ = 0;
    handed_out_ = 0;
  }

  /// Bytes handed out since the last reset.
  std::size_t handed_out() const { return handed_out_; }

  /// Bytes held, used or not.
  std::size_t capacity() const {
    std::size_t sum = 0;
    for (const Block& block : blocks_) sum += block.size;
    return sum;
  }

 private:
  struct Block {
    std::unique_ptr<std::byte[]> memory;
    std::size_t size;
  };
  static constexpr std::size_t kBlock = 256 * 1024;

  void* raw(std::size_t size, std::size_t align) {
    handed_out_ += size;
    while (block_ < blocks_.size()) {
      const std::size_t at = (used_ + align - 1) & ~(align - 1);
      if (at + size <= blocks_[block_].size) {
        used_ = at + size;
        return blocks_[block_].memory.get() + at;
      }
      ++block_;
      used_ = 0;
    }
    const std::size_t want = std::max(kBlock, size);
    blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(want), want});
    used_ = size;
    return blocks_.back().memory.get();
  }

  std::vector<Block> blocks_;
  std::size_t block_ = 0;
  std::size_t used_ = 0;
  std::size_t handed_out_ = 0;
};

}  // namespace weir
