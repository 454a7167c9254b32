#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "pipeline/snapshots/snapshot.h"

namespace weir {

/// Writes `folder/<epoch>.snapshot` (write_durably); keeps the newest `generations` up to this one,
/// and nothing that was only begun.
/// Returns the bytes written. Throws std::runtime_error when the disk does not take it (what was
/// there stays).
std::size_t write_snapshot(const std::filesystem::path& folder, const Snapshot& snapshot,
                           std::size_t generations = 3);
std::size_t write_packed_snapshot(const std::filesystem::path& folder, std::uint64_t epoch,
                                  std::string_view packed, std::size_t generations = 3,
                                  bool sync = true);

/// The snapshots in a folder, newest epoch first.
std::vector<std::filesystem::path> list_snapshots(const std::filesystem::path& folder);

/// Reads one, whole or not at all: throws std::runtime_error (see unpack_snapshot), which names it.
Snapshot read_snapshot(const std::filesystem::path& file);
SnapshotOutline read_outline(const std::filesystem::path& file);

}  // namespace weir
