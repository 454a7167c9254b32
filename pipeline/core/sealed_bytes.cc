#include "pipeline/core/sealed_bytes.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <charconv>
#include <system_error>
#include <utility>

namespace weir {

SealedName SealedName::of(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64, bytes.size()};
}

std::string SealedName::text() const { return fmt::format("{:016x}{:016x}-{}", high, low, size); }

std::optional<SealedName> SealedName::parse(std::string_view text) {
  constexpr std::size_t kDigits = 16;
  if (text.size() < 2 * kDigits + 2 || text[2 * kDigits] != '-') return std::nullopt;
  SealedName name;
  const auto number = [](std::string_view digits, int base, std::uint64_t& value) {
    const char* end = digits.data() + digits.size();
    const auto [at, error] = std::from_chars(digits.data(), end, value, base);
    return error == std::errc() && at == end;
  };
  const bool read = number(text.substr(0, kDigits), 16, name.high) &&
                    number(text.substr(kDigits, kDigits), 16, name.low) &&
                    number(text.substr(2 * kDigits + 1), 10, name.size);
  return read && name.text() == text ? std::optional(name) : std::nullopt;
}

SealedBytes::SealedBytes(std::string bytes) {
  auto kept = std::make_shared<const std::string>(std::move(bytes));
  bytes_ = *kept;
  name_ = SealedName::of(bytes_);
  owner_ = std::move(kept);
}

SealedBytes::SealedBytes(const SealedName& name, std::string_view bytes,
                         std::shared_ptr<const void> owner)
    : name_(name), bytes_(bytes), owner_(std::move(owner)), on_disk_(true) {}

}  // namespace weir
