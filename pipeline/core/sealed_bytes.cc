#include "pipeline/core/sealed_bytes.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <utility>

namespace weir {

SealedName SealedName::of(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64, bytes.size()};
}

std::string SealedName::text() const { return fmt::format("{:016x}{:016x}-{}", high, low, size); }

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
