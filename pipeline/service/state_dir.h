#pragma once

#include <filesystem>

#include "pipeline/config/config.h"

namespace weir {

/// `engine.state_dir` or its default, created with mode 0700 and locked: a second process on it is
/// refused (std::runtime_error). The lock ends with the object.
class StateDir {
 public:
  explicit StateDir(const Config& config);
  ~StateDir();
  StateDir(const StateDir&) = delete;
  StateDir& operator=(const StateDir&) = delete;
  const std::filesystem::path& path() const { return path_; }
  /// Where it is, without making or locking it.
  static std::filesystem::path path_of(const Config& config);

 private:
  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace weir
