#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

/// A hash as 16 lower-case hex digits.
std::string hex16(std::uint64_t hash);

/// Reads what hex16 writes, and nothing else: another spelling is a changed text.
/// Throws std::runtime_error.
std::uint64_t read_hex16(std::string_view text);

}  // namespace weir
