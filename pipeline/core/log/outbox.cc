#include "pipeline/core/log/outbox.h"

#include <cstring>
#include <limits>

namespace weir {
namespace {

constexpr std::uint32_t kNull = std::numeric_limits<std::uint32_t>::max();  // no value

void append_sized(std::string& bytes, std::string_view text) {
  const auto size = text.data() == nullptr ? kNull : static_cast<std::uint32_t>(text.size());
  bytes.append(reinterpret_cast<const char*>(&size), sizeof size);
  bytes.append(text);
}

std::string_view take_sized(std::string_view& bytes) {
  std::uint32_t size = 0;
  std::memcpy(&size, bytes.data(), sizeof size);
  if (size == kNull) {
    bytes.remove_prefix(sizeof size);
    return {};
  }
  const std::string_view text = bytes.substr(sizeof size, size);
  bytes.remove_prefix(sizeof size + size);
  return text;
}

}  // namespace

void Outbox::close(std::uint32_t topic, std::int32_t partition, std::size_t at,
                   std::size_t key_size, bool has_key, bool has_value,
                   std::size_t headers_size) {
  entries_.push_back({topic, partition, at, static_cast<std::uint32_t>(headers_size),
                      static_cast<std::uint32_t>(key_size),
                      static_cast<std::uint32_t>(bytes_.size() - at - headers_size - key_size),
                      has_key, has_value});
}

std::size_t Outbox::append_headers(std::span<const Header> headers) {
  const std::size_t before = bytes_.size();
  for (const Header& header : headers) {
    append_sized(bytes_, header.name);
    append_sized(bytes_, header.value);
  }
  return bytes_.size() - before;
}

void Outbox::add(std::uint32_t topic, std::int32_t partition, std::optional<std::string_view> key,
                 std::optional<std::string_view> value, std::span<const Header> headers) {
  const std::size_t at = bytes_.size();
  const std::size_t headers_size = append_headers(headers);
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

}  // namespace weir
