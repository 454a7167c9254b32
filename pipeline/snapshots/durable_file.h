#pragma once

#include <filesystem>
#include <string_view>

namespace weir {

/// Writes a file whole or not at all: temporary name, fsync, rename, fsync of the folder, which is
/// created if missing. Throws std::runtime_error, and then the old file stays. `sync` false:
/// without fsync (tests of many crashes).
void write_durably(const std::filesystem::path& file, std::string_view bytes, bool sync = true);

/// A file's bytes as memory that the system may reclaim and read again.
class MappedFile {
 public:
  /// Throws std::runtime_error when it cannot be read.
  explicit MappedFile(const std::filesystem::path& file);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const { return bytes_; }
  /// Gives back the memory that reading took; the next read takes it again.
  void release() const;

 private:
  std::string_view bytes_;
};

}  // namespace weir
