#include "connectors/memory/memory_partition.h"

#include <algorithm>
#include <cstring>

#include "pipeline/core/check.h"

namespace weir {
namespace {

constexpr std::size_t kFirstChunk = 4096;
constexpr std::size_t kLargestChunk = 1 << 20;

std::string_view put(MemoryChunk& chunk, std::string_view text) {
  char* at = chunk.bytes.get() + chunk.used;
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  chunk.used += text.size();
  return {at, text.size()};
}

}  // namespace

Record MemoryChunk::record(const Slot& slot) const {
  const char* at = bytes.get() + slot.at;
  Record record{.offset = slot.offset,
                .timestamp = slot.timestamp,
                .key = {at, slot.key_size},
                .value = {at + slot.key_size, slot.value_size},
                .has_key = slot.has_key,
                .has_value = slot.has_value,
                .headers = {}};
  if (slot.headers != kNoHeaders) record.headers = headers[slot.headers];
  return record;
}

MemoryChunk& MemoryPartition::chunk_for(std::size_t size) {
  if (chunks_.empty() || chunks_.back()->capacity - chunks_.back()->used < size) {
    const std::size_t usual =
        chunks_.empty() ? kFirstChunk
                        : std::clamp(2 * chunks_.back()->capacity, kFirstChunk, kLargestChunk);
    chunks_.push_back(std::make_shared<MemoryChunk>(std::max(usual, size)));
  }
  return *chunks_.back();
}

std::int64_t MemoryPartition::append(std::optional<std::string_view> key,
                                     std::optional<std::string_view> value, std::int64_t timestamp,
                                     std::span<const Header> headers) {
  std::size_t size = key.value_or("").size() + value.value_or("").size();
  check(size < UINT32_MAX, "a record is below 4 GiB");
  for (const Header& header : headers) size += header.name.size() + header.value.size();

  MemoryChunk& chunk = chunk_for(size);
  MemoryChunk::Slot slot{range_.end,
                         timestamp,
                         static_cast<std::uint32_t>(chunk.used),
                         static_cast<std::uint32_t>(key.value_or("").size()),
                         static_cast<std::uint32_t>(value.value_or("").size()),
                         MemoryChunk::kNoHeaders,
                         key.has_value(),
                         value.has_value()};
  put(chunk, key.value_or(""));
  put(chunk, value.value_or(""));
  if (!headers.empty()) {
    slot.headers = static_cast<std::uint32_t>(chunk.headers.size());
    std::vector<Header>& copies = chunk.headers.emplace_back();
    for (const Header& header : headers) {
      const std::string_view name = put(chunk, header.name);
      const bool null = header.value.data() == nullptr;
      copies.push_back({name, null ? std::string_view{} : put(chunk, header.value)});
    }
  }
  chunk.newest = std::max(chunk.newest, timestamp);
  chunk.slots.push_back(slot);
  return range_.end++;
}

void MemoryPartition::trim(std::int64_t before) {
  range_.first = std::clamp(before, range_.first, range_.end);
  while (!chunks_.empty() && chunks_.front()->slots.back().offset < range_.first)
    chunks_.pop_front();
}

std::int64_t MemoryPartition::offset_at(std::int64_t time_ms) const {
  for (const auto& chunk : chunks_) {
    if (chunk->newest < time_ms) continue;
    for (const MemoryChunk::Slot& slot : chunk->slots)
      if (slot.timestamp >= time_ms && slot.offset >= range_.first) return slot.offset;
  }
  return range_.end;
}

std::int64_t MemoryPartition::read(std::int64_t from, std::size_t max, std::vector<Record>& out,
                                   Chunks& held) const {
  auto chunk = std::partition_point(chunks_.begin(), chunks_.end(), [from](const auto& each) {
    return each->slots.back().offset < from;
  });
  for (; chunk != chunks_.end() && max > 0; ++chunk) {
    const auto& slots = (*chunk)->slots;
    auto slot = std::partition_point(slots.begin(), slots.end(),
                                     [from](const auto& each) { return each.offset < from; });
    for (; slot != slots.end() && max > 0; ++slot, --max) {
      out.push_back((*chunk)->record(*slot));
      from = slot->offset + 1;
    }
    held.push_back(*chunk);
    if (slot != slots.end()) return from;
  }
  // Nothing but gaps is behind the last record.
  return chunk == chunks_.end() ? range_.end : from;
}

}  // namespace weir
