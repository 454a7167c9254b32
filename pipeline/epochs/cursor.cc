#include "pipeline/epochs/cursor.h"

#include <algorithm>

namespace weir {

const Cursor::Entry* Cursor::find(std::string_view source, std::int32_t partition) const {
  const auto at = std::ranges::find_if(entries_, [&](const Entry& one) {
    return one.first.second == partition && one.first.first == source;
  });
  return at == entries_.end() ? nullptr : &*at;
}

std::optional<std::int64_t> Cursor::at(std::string_view source, std::int32_t partition) const {
  const Entry* entry = find(source, partition);
  return entry == nullptr ? std::nullopt : std::optional(entry->second);
}

void Cursor::set(std::string_view source, std::int32_t partition, std::int64_t next) {
  if (const Entry* entry = find(source, partition))
    entries_[static_cast<std::size_t>(entry - entries_.data())].second = next;
  else
    entries_.push_back({{std::string(source), partition}, next});
}

void Cursor::advance(std::string_view source, std::int32_t partition, std::int64_t next) {
  set(source, partition, std::max(next, at(source, partition).value_or(next)));
}

bool Cursor::is_past(const Cursor& other) const {
  return std::ranges::all_of(other.entries_, [this](const Entry& one) {
    return at(one.first.first, one.first.second).value_or(one.second) >= one.second;
  });
}

}  // namespace weir
