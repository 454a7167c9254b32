#include "pipeline/core/log/log.h"

#include <cstring>

namespace weir {
namespace {

// MurmurHash2 with the seed of Kafka's Java client (org.apache.kafka.common.utils.Utils).
std::uint32_t murmur2(std::string_view key) {
  constexpr std::uint32_t m = 0x5bd1e995;
  std::uint32_t h = 0x9747b28c ^ static_cast<std::uint32_t>(key.size());
  while (key.size() >= 4) {
    std::uint32_t k;
    std::memcpy(&k, key.data(), 4);
    k *= m;
    k ^= k >> 24;
    h = h * m ^ k * m;
    key.remove_prefix(4);
  }
  std::uint32_t tail = 0;
  for (std::size_t i = key.size(); i-- > 0;) tail = tail << 8 | static_cast<unsigned char>(key[i]);
  if (!key.empty()) h = (h ^ tail) * m;
  h = (h ^ h >> 13) * m;
  return h ^ h >> 15;
}

}  // namespace

std::int32_t partition_of_key(std::string_view key, std::int32_t partitions) {
  return static_cast<std::int32_t>(murmur2(key) & 0x7fffffff) % partitions;
}

}  // namespace weir
