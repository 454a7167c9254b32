#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/core/state_section.h"

namespace weir {

/// A shard's state after an epoch. It counts only if `chain` equals the log's record of the epoch.
struct Snapshot {
  std::string pipeline;
  std::uint32_t shard = 0;
  std::uint64_t epoch = 0;
  std::uint64_t chain = 0;
  std::uint64_t logic = 0;        // fingerprint of the graph that made it
  std::int64_t log_position = 0;  // at or before the epoch's record in its partition
  /// Where each lane continues: source, partition, next offset.
  std::vector<std::pair<std::pair<std::string, std::int32_t>, std::int64_t>> positions;
  std::uint64_t record_bytes = 0;  // the limit of a record under which it was made; 0: not known
  std::string resolved;            // the pipeline that made it, without secrets
  std::vector<StateSection> sections;
};

/// The head of a packed snapshot.
struct SnapshotOutline {
  Snapshot head;  // its sections have no bytes, and their sealed parts but names
  struct Measure {
    std::uint64_t bytes = 0, hash = 0;
  };
  std::vector<Measure> measures;  // of head.sections
};

/// A snapshot as the bytes of a file or of a topic's chunks: head (JSON, with its XXH3-64), then
/// zstd blocks of at most 1 MiB, each with its XXH3-64. Sealed parts are named, not contained.
/// Memory: what is returned, at most a little more than the state's size.
std::string pack_snapshot(const Snapshot& snapshot);

/// The snapshot of such bytes, whole or not at all: throws std::runtime_error (damaged, cut short,
/// another version). Its sealed parts have only their names. Allocates no more than the head says,
/// 64 GiB at most, and only as blocks prove it.
Snapshot unpack_snapshot(std::string_view bytes);

/// The head alone; `bytes` may end after it.
SnapshotOutline outline_snapshot(std::string_view bytes);

}  // namespace weir
