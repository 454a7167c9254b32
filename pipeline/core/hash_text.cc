#include "pipeline/core/hash_text.h"

#include <fmt/format.h>

#include <charconv>
#include <stdexcept>

namespace weir {

std::string hex16(std::uint64_t hash) { return fmt::format("{:016x}", hash); }

std::uint64_t read_hex16(std::string_view text) {
  std::uint64_t hash = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), hash, 16);
  if (error != std::errc() || end != text.data() + text.size() || hex16(hash) != text)
    throw std::runtime_error(fmt::format("`{}` is not a hash", text));
  return hash;
}

}  // namespace weir
