#include "pipeline/core/log.h"

#include <array>
#include <cstring>

namespace weir {
namespace {

constexpr std::array<std::string_view, 14> kReasons = {"empty",
                                                       "null",
                                                       "json",
                                                       "depth",
                                                       "utf8",
                                                       "type",
                                                       "range",
                                                       "missing",
                                                       "time",
                                                       "time_ahead",
                                                       "too_large",
                                                       "label_type",
                                                       "output_too_large",
                                                       "poison"};

void append_sized(std::string& bytes, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  bytes.append(reinterpret_cast<const char*>(&size), sizeof size);
  bytes.append(text);
}

std::string_view take_sized(std::string_view& bytes) {
  std::uint32_t size = 0;
  std::memcpy(&size, bytes.data(), sizeof size);
  const std::string_view text = bytes.substr(sizeof size, size);
  bytes.remove_prefix(sizeof size + size);
  return text;
}

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

std::string_view reason_name(Reason reason) { return kReasons[static_cast<std::size_t>(reason)]; }

void Signal::notify() {
  {
    const std::lock_guard lock(mutex_);
    notified_ = true;
  }
  arrived_.notify_one();
}

bool Signal::wait_for(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  const bool notified = arrived_.wait_for(lock, time, [this] { return notified_; });
  notified_ = false;
  return notified;
}

void Outbox::close(std::uint32_t topic, std::int32_t partition, std::size_t at,
                   std::size_t key_size, bool has_key, bool has_value) {
  entries_.push_back({topic, partition, at, 0, static_cast<std::uint32_t>(key_size),
                      static_cast<std::uint32_t>(bytes_.size() - at - key_size), has_key,
                      has_value});
}

void Outbox::add(std::uint32_t topic, std::int32_t partition, std::optional<std::string_view> key,
                 std::optional<std::string_view> value, std::span<const Header> headers) {
  const std::size_t at = bytes_.size();
  for (const Header& header : headers) {
    append_sized(bytes_, header.name);
    append_sized(bytes_, header.value);
  }
  const std::size_t headers_size = bytes_.size() - at;
  bytes_.append(key.value_or(std::string_view{}));
  bytes_.append(value.value_or(std::string_view{}));
  entries_.push_back({topic, partition, at, static_cast<std::uint32_t>(headers_size),
                      static_cast<std::uint32_t>(key.value_or("").size()),
                      static_cast<std::uint32_t>(value.value_or("").size()), key.has_value(),
                      value.has_value()});
}

std::string_view Outbox::key(const Entry& entry) const {
  return std::string_view(bytes_).substr(entry.at + entry.headers_size, entry.key_size);
}

std::string_view Outbox::value(const Entry& entry) const {
  return std::string_view(bytes_).substr(entry.at + entry.headers_size + entry.key_size,
                                         entry.value_size);
}

std::vector<Header> Outbox::headers(const Entry& entry) const {
  std::vector<Header> headers;
  std::string_view bytes = std::string_view(bytes_).substr(entry.at, entry.headers_size);
  while (!bytes.empty()) {
    const std::string_view name = take_sized(bytes);
    headers.push_back({name, take_sized(bytes)});
  }
  return headers;
}

std::int32_t partition_of_key(std::string_view key, std::int32_t partitions) {
  return static_cast<std::int32_t>(murmur2(key) & 0x7fffffff) % partitions;
}

}  // namespace weir
