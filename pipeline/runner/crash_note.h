#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "pipeline/epochs/cursor.h"
#include "pipeline/epochs/epoch_record.h"

namespace weir {

/// What a shard's process had in flight when it crashed, in a small file: a record that crashes the
/// process would crash every one that comes after it.
///
/// The file outlives the process, not the machine (it is not synced). A process that ends by
/// itself, or gives the shard up, removes it: only one that crashes leaves it. Cost: one write of
/// some hundred bytes per call of `write`.
class CrashNote {
 public:
  struct Mark {
    std::uint32_t crashes = 0;  // one after another, none of which came past `suspects`
    Cursor suspects;            // up to what those crashes had taken; fixed while a process lives
    Cursor taken;               // up to what this process has taken
    std::optional<Skip> alone;  // the one record that is being processed
    std::vector<Skip> poison;   // records that are known to crash the process

    bool operator==(const Mark&) const = default;
  };

  explicit CrashNote(std::filesystem::path file);
  ~CrashNote();
  CrashNote(const CrashNote&) = delete;
  CrashNote& operator=(const CrashNote&) = delete;

  /// What the last process left if it crashed. A file that cannot be read counts as none.
  std::optional<Mark> left() const;
  /// A disk that does not take it does not stop the work.
  void write(const Mark& mark);
  /// Nothing is in flight any more, or no record will be to blame.
  void remove();

 private:
  std::filesystem::path file_;
  int fd_ = -1;
  std::size_t size_ = 0;  // of the longest mark written
};

}  // namespace weir
