#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

/// Where inputs continue: the next offset by (source, partition). Commands are an input like any
/// other, under kControlSource. Keeps the order in which inputs were added, which is the order that
/// epochs and snapshots record.
///
/// Cost: a look-up is linear in the inputs, a handful of partitions.
class Cursor {
 public:
  using Input = std::pair<std::string, std::int32_t>;  // source, partition
  using Entry = std::pair<Input, std::int64_t>;        // with the next offset

  Cursor() = default;
  /// As recorded; each input once.
  explicit Cursor(std::vector<Entry> entries) : entries_(std::move(entries)) {}

  /// Nothing: it does not have this input.
  std::optional<std::int64_t> at(std::string_view source, std::int32_t partition) const;
  void set(std::string_view source, std::int32_t partition, std::int64_t next);
  /// The same, but never back.
  void advance(std::string_view source, std::int32_t partition, std::int64_t next);

  /// Whether everything before `other` is before this cursor too. Inputs that this one does not
  /// have say nothing.
  bool is_past(const Cursor& other) const;

  const std::vector<Entry>& entries() const { return entries_; }
  bool empty() const { return entries_.empty(); }
  bool operator==(const Cursor&) const = default;

 private:
  const Entry* find(std::string_view source, std::int32_t partition) const;

  std::vector<Entry> entries_;
};

}  // namespace weir
