#include "pipeline/service/state_dir.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <system_error>

namespace weir {

namespace fs = std::filesystem;

fs::path StateDir::path_of(const Config& config) {
  fs::path base = config.engine.state_dir;
  if (base.empty()) {
    const char* given = std::getenv("STATE_DIRECTORY");
    const char* home = std::getenv("HOME");
    base = given != nullptr && *given != '\0'
               ? fs::path(given)
               : fs::path(home != nullptr ? home : ".") / ".local/state/weir";
  }
  return base / config.pipeline.text;
}

StateDir::StateDir(const Config& config) : path_(path_of(config)) {
  std::error_code error;
  fs::create_directories(path_, error);
  if (error)
    throw std::runtime_error(fmt::format("state_dir {}: {}", path_.string(), error.message()));
  ::chmod(path_.c_str(), 0700);
  const fs::path file = path_ / "lock";
  lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0 || ::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    if (lock_ >= 0) ::close(lock_);
    throw std::runtime_error(fmt::format(
        "state_dir {} is in use by another weir (or cannot be written); give this one its own with "
        "--set engine.state_dir=...",
        path_.string()));
  }
}

StateDir::~StateDir() { ::close(lock_); }

}  // namespace weir
