#include "connectors/file/file_writer.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace weir {
namespace {

constexpr std::size_t kCollected = 64 * 1024;

[[noreturn]] void fail(const std::string& path, const std::string& why) {
  throw std::runtime_error(path + ": " + why);
}

int open_for_writing(const std::string& path) {
  const int file = path == "-" ? ::dup(STDOUT_FILENO)
                               : ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) fail(path, std::strerror(errno));
  return file;
}

void empty(int file, const std::string& path) {
  // Pipes and devices have nothing to lose (EINVAL); stdout may be a file that others append to.
  if (path != "-" && ::ftruncate(file, 0) != 0 && errno != EINVAL) fail(path, std::strerror(errno));
}

class PlainWriter final : public FileWriter {
 public:
  explicit PlainWriter(const std::string& path) : path_(path), file_(open_for_writing(path)) {}
  ~PlainWriter() override {
    if (file_ < 0) return;
    try {
      if (!collected_.empty()) flush();
    } catch (const std::runtime_error&) {
      // Only `close` promises that everything is there.
    }
    ::close(file_);
  }

  void write(std::string_view bytes) override {
    collected_ += bytes;
    if (collected_.size() >= kCollected) flush();
  }

  void close() override {
    if (file_ < 0) return;
    flush();
    // Pipes and terminals cannot be synced (EINVAL, EROFS).
    if (::fsync(file_) != 0 && errno != EINVAL && errno != EROFS) fail(path_, std::strerror(errno));
    if (::close(std::exchange(file_, -1)) != 0) fail(path_, std::strerror(errno));
  }

 private:
  void flush() {
    if (!std::exchange(begun_, true)) empty(file_, path_);
    std::string_view rest = collected_;
    while (!rest.empty()) {
      const ssize_t written = ::write(file_, rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        collected_.clear();  // part of it may be there
        fail(path_, std::strerror(errno));
      }
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
    collected_.clear();
  }

  std::string path_;
  int file_;
  bool begun_ = false;  // what the file held before is gone
  std::string collected_;
};

class GzipWriter final : public FileWriter {
 public:
  explicit GzipWriter(const std::string& path) : path_(path), file_(open_for_writing(path)) {}
  ~GzipWriter() override {
    if (packed_ != nullptr) gzclose_w(packed_);
    if (file_ >= 0) ::close(file_);
  }

  void write(std::string_view bytes) override {
    if (bytes.empty()) return;
    begin();
    if (gzwrite(packed_, bytes.data(), static_cast<unsigned>(bytes.size())) == 0) {
      int error = Z_OK;
      const char* const text = gzerror(packed_, &error);
      fail(path_, error == Z_ERRNO ? std::strerror(errno) : text);
    }
  }

  void close() override {
    if (file_ < 0) return;
    begin();
    if (gzclose_w(std::exchange(packed_, nullptr)) != Z_OK) fail(path_, "could not be finished");
    if (::fsync(file_) != 0) fail(path_, std::strerror(errno));
    ::close(std::exchange(file_, -1));
  }

 private:
  void begin() {
    if (packed_ != nullptr) return;
    empty(file_, path_);
    // zlib gets a descriptor of its own: it closes it before it could be synced.
    const int file = ::dup(file_);
    if (file >= 0) packed_ = gzdopen(file, "wb6");
    if (packed_ == nullptr) {
      if (file >= 0) ::close(file);
      fail(path_, "no memory to compress");
    }
    gzbuffer(packed_, kCollected);
  }

  std::string path_;
  int file_;
  gzFile packed_ = nullptr;  // from the first bytes on
};

}  // namespace

std::unique_ptr<FileWriter> open_file_writer(const std::string& path) {
  if (path.size() > 3 && path.compare(path.size() - 3, 3, ".gz") == 0)
    return std::make_unique<GzipWriter>(path);
  return std::make_unique<PlainWriter>(path);
}

}  // namespace weir
