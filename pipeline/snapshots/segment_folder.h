#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "pipeline/core/sealed_bytes.h"

namespace weir {

/// The sealed parts of a shard's state as files, `<name>.segment`, each written once and then
/// mapped. `settle` belongs to the shard's thread, everything else to one other thread at a time.
class SegmentFolder final : public SealedSink {
 public:
  /// `sync`: with fsync. Nothing is made or read yet.
  SegmentFolder(std::filesystem::path folder, bool sync);

  /// Writes those parts that have no file yet. From then on `settle` exchanges them.
  /// Throws std::runtime_error (the disk is full): those before are written.
  void write(std::span<const SealedBytes> parts);

  /// The part of a file, compared with its name. Throws std::runtime_error (damaged, not there).
  SealedBytes read(const SealedName& name);

  /// Removes the files of all other parts.
  void keep(const std::set<SealedName>& names);

  void settle(SealedBytes& part) override;
  /// Frees the memory of what was exchanged: some ms for a hundred parts, and so not in `settle`.
  void free();

  /// Of the files that were written or read.
  std::size_t files() const;
  std::size_t bytes() const;

 private:
  std::filesystem::path file_of(const SealedName& name) const;
  SealedBytes map(const SealedName& name) const;

  std::filesystem::path folder_;
  bool sync_;
  mutable std::mutex mutex_;
  std::set<SealedName> known_;               // good files
  std::map<SealedName, SealedBytes> ready_;  // to be exchanged
  std::vector<SealedBytes> exchanged_;       // to be freed
};

}  // namespace weir
