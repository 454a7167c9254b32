#include "pipeline/snapshots/snapshot_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "pipeline/snapshots/durable_file.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

template <class Read>
auto read_with(const fs::path& file, Read read) {
  try {
    const MappedFile mapped(file);
    return read(mapped.bytes());
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("{}: {}", file.string(), error.what()));
  }
}

/// Removes what processes left that were killed while they wrote a snapshot: each as large as one.
void remove_unfinished(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().filename().string().ends_with(".snapshot.tmp"))
      fs::remove(entry.path(), error);
}

}  // namespace

std::size_t write_snapshot(const fs::path& folder, const Snapshot& snapshot,
                           std::size_t generations) {
  return write_packed_snapshot(folder, snapshot.epoch, pack_snapshot(snapshot), generations);
}

std::size_t write_packed_snapshot(const fs::path& folder, std::uint64_t epoch,
                                  std::string_view packed, std::size_t generations, bool sync) {
  const fs::path file = folder / fmt::format("{:020}.snapshot", epoch);
  remove_unfinished(folder);  // first: the disk may be full of them
  write_durably(file, packed, sync);
  // Those of later epochs are of another log: they must not push out the one just written.
  std::vector<fs::path> all = list_snapshots(folder);
  std::erase_if(all, [&](const fs::path& other) { return other > file; });
  for (std::size_t i = generations; i < all.size(); ++i) {
    std::error_code ignored;
    fs::remove(all[i], ignored);
  }
  return packed.size();
}

std::vector<fs::path> list_snapshots(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(folder, missing))
    if (entry.path().extension() == ".snapshot") files.push_back(entry.path());
  std::sort(files.rbegin(), files.rend());
  return files;
}

Snapshot read_snapshot(const fs::path& file) { return read_with(file, unpack_snapshot); }
SnapshotOutline read_outline(const fs::path& file) { return read_with(file, outline_snapshot); }

}  // namespace weir
