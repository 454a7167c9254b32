#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/record.h"

namespace weir {

/// The outputs of an epoch: records in order, kept as bytes so that they can be sent again.
class Outbox {
 public:
  struct Entry {
    std::uint32_t topic;  // index into the writer's topics
    std::int32_t partition;
    std::size_t at;  // in the bytes: headers, key, value
    std::uint32_t headers_size, key_size, value_size;
    bool has_key, has_value;
  };

  /// Bytes of the record being added: append key, then value, then call `close`.
  std::string& bytes() { return bytes_; }
  /// Appends headers to the bytes of the record being added, before its key; returns their size.
  std::size_t append_headers(std::span<const Header> headers);
  /// Ends the record that began at `at`, its headers and its key that many bytes long.
  void close(std::uint32_t topic, std::int32_t partition, std::size_t at, std::size_t key_size,
             bool has_key, bool has_value = true, std::size_t headers_size = 0);
  void add(std::uint32_t topic, std::int32_t partition, std::optional<std::string_view> key,
           std::optional<std::string_view> value, std::span<const Header> headers = {});

  std::span<const Entry> entries() const { return entries_; }
  std::string_view key(const Entry& entry) const;
  std::string_view value(const Entry& entry) const;
  std::vector<Header> headers(const Entry& entry) const;
  std::size_t size() const { return bytes_.size(); }
  void clear() {
    bytes_.clear();
    entries_.clear();
  }

 private:
  std::string bytes_;
  std::vector<Entry> entries_;
};

}  // namespace weir
