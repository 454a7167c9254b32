#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/snapshots/snapshot_topic.h"

// The records of the snapshots topic. Keys: `manifest`; `snapshot/<slot>/<chunk>`;
// `segment/<name>/<chunk>`.

namespace weir {

inline constexpr std::size_t kTopicGenerations = 3;

inline constexpr std::string_view kManifestKey = "manifest";
std::string snapshot_key(std::uint64_t serial, std::uint64_t chunk);
std::string segment_key(const SealedName& name, std::uint64_t chunk);
struct SegmentKey {
  SealedName name;
  std::uint64_t chunk = 0;
};
std::optional<SegmentKey> parse_segment_key(std::string_view key);

/// Manifest and directory: JSON after 16 hex digits, its XXH3-64. Reading throws
/// std::runtime_error.
std::string write_manifest(const std::vector<TopicSnapshot>& snapshots);
std::vector<TopicSnapshot> read_manifest(std::string_view value);
std::string write_directory(const std::map<SealedName, TopicSegment>& segments);
std::map<SealedName, TopicSegment> read_directory(std::string_view text);

/// A snapshot's chunk: its serial, then a piece of the payload.
std::string snapshot_chunk(std::uint64_t serial, std::string_view piece);
/// The piece, if the chunk is of that snapshot.
std::optional<std::string_view> piece_of(std::string_view chunk, std::uint64_t serial);

/// A sealed part's chunk: u32 raw size, zstd. `most`: of raw bytes; throws std::runtime_error.
std::string pack_segment_chunk(std::string_view raw);
std::string unpack_segment_chunk(std::string_view chunk, std::size_t most);

/// A payload: u64 size of the directory, directory, packed snapshot.
std::string write_payload(std::string_view directory, std::string_view packed);
SnapshotTopicReader::Payload read_payload(std::string_view payload);

}  // namespace weir
