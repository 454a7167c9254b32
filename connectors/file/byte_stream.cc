#include "connectors/file/byte_stream.h"

#include <bzlib.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/core/log/log.h"

namespace weir {
namespace {

constexpr std::size_t kPackedBlock = 256 * 1024;

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw LogFailure(LogFailure::Kind::refused, name + ": " + why);
}

/// An open file; closes it.
class File {
 public:
  explicit File(int file) : file_(file) {}
  ~File() {
    if (file_ >= 0) ::close(file_);
  }
  File(File&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  File& operator=(File&&) = delete;

  int get() const { return file_; }
  int release() { return std::exchange(file_, -1); }

 private:
  int file_;
};

/// gzip, and what is not packed: zlib passes it through.
class GzipStream final : public ByteStream {
 public:
  GzipStream(File file, std::string name) : name_(std::move(name)) {
    file_ = gzdopen(file.get(), "rb");
    if (file_ == nullptr) refuse(name_, "cannot be unpacked: no memory");
    static_cast<void>(file.release());
    gzbuffer(file_, kPackedBlock);
  }
  ~GzipStream() override { gzclose_r(file_); }

  std::size_t read(char* to, std::size_t size) override {
    const int got = gzread(file_, to, static_cast<unsigned>(size));
    int error = Z_OK;
    const char* const text = gzerror(file_, &error);
    if (error == Z_ERRNO) refuse(name_, std::strerror(errno));
    // A stream cut off in the middle is Z_BUF_ERROR, beside the last bytes that could be unpacked.
    if (got < 0 || error == Z_BUF_ERROR)
      refuse(name_, std::string("is not whole gzip (") + (*text != '\0' ? text : "cut off") + ")");
    if (!read_before_ && name_.ends_with(".gz") && got > 0 && gzdirect(file_) != 0)
      refuse(name_, "is not gzip, though its name says so");
    read_before_ = true;
    return static_cast<std::size_t>(got);
  }

 private:
  std::string name_;
  gzFile file_;
  bool read_before_ = false;
};

/// What zstd and bzip2 have alike: packed blocks are read and unpacked until some bytes come out.
class PackedStream : public ByteStream {
 public:
  PackedStream(File file, std::string name, std::string_view kind)
      : file_(std::move(file)), name_(std::move(name)), kind_(kind), block_(kPackedBlock) {}

  std::size_t read(char* to, std::size_t size) final {
    while (true) {
      if (const std::size_t got = unpack(to, size); got > 0) return got;
      if (at_ < end_) continue;
      const ssize_t more = ::read(file_.get(), block_.data(), block_.size());
      if (more < 0 && errno == EINTR) continue;
      if (more < 0) refuse(name_, std::strerror(errno));
      if (more == 0 && !whole_) broken("cut off");
      if (more == 0) return 0;
      at_ = 0;
      end_ = static_cast<std::size_t>(more);
    }
  }

 protected:
  /// Unpacks some of the block; moves `at_`, and keeps `whole_`.
  virtual std::size_t unpack(char* to, std::size_t size) = 0;

  [[noreturn]] void broken(std::string_view why) const {
    refuse(name_, "is not whole " + std::string(kind_) + " (" + std::string(why) + ")");
  }
  char* packed() { return block_.data() + at_; }
  std::size_t left() const { return end_ - at_; }
  void took(std::size_t bytes) { at_ += bytes; }
  void set_whole(bool whole) { whole_ = whole; }
  bool whole() const { return whole_; }

 private:
  File file_;
  std::string name_;
  std::string_view kind_;
  std::vector<char> block_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  bool whole_ = true;  // nothing has begun that has not ended
};

class ZstdStream final : public PackedStream {
 public:
  ZstdStream(File file, std::string name)
      : PackedStream(std::move(file), std::move(name), "zstd"), state_(ZSTD_createDStream()) {
    if (state_ == nullptr) broken("no memory");
  }
  ~ZstdStream() override { ZSTD_freeDStream(state_); }

 private:
  std::size_t unpack(char* to, std::size_t size) override {
    if (left() == 0 && whole()) return 0;
    ZSTD_inBuffer in{packed(), left(), 0};
    ZSTD_outBuffer out{to, size, 0};
    const std::size_t hint = ZSTD_decompressStream(state_, &out, &in);
    if (ZSTD_isError(hint) != 0) broken(ZSTD_getErrorName(hint));
    took(in.pos);
    set_whole(hint == 0);  // a frame has ended; another may follow
    return out.pos;
  }

  ZSTD_DStream* state_;
};

class Bzip2Stream final : public PackedStream {
 public:
  Bzip2Stream(File file, std::string name)
      : PackedStream(std::move(file), std::move(name), "bzip2") {}
  ~Bzip2Stream() override { end(); }

 private:
  std::size_t unpack(char* to, std::size_t size) override {
    if (left() == 0 && whole()) return 0;
    if (whole()) begin();
    state_.next_in = packed();
    state_.avail_in = static_cast<unsigned>(left());
    state_.next_out = to;
    state_.avail_out = static_cast<unsigned>(size);
    const int result = BZ2_bzDecompress(&state_);
    if (result != BZ_OK && result != BZ_STREAM_END) broken("damaged");
    took(left() - state_.avail_in);
    const std::size_t got = size - state_.avail_out;
    if (result == BZ_STREAM_END) end();  // another may follow
    return got;
  }

  void begin() {
    state_ = {};
    if (BZ2_bzDecompressInit(&state_, 0, 0) != BZ_OK) broken("no memory");
    set_whole(false);
  }
  void end() {
    if (!whole()) BZ2_bzDecompressEnd(&state_);
    set_whole(true);
  }

  bz_stream state_ = {};
};

struct Packing {
  std::string_view ending;
  std::string_view kind;
  std::string_view first_bytes;
};
constexpr Packing kZstd = {".zst", "zstd", "\x28\xb5\x2f\xfd"};
constexpr Packing kBzip2 = {".bz2", "bzip2", "BZh"};

}  // namespace

std::unique_ptr<ByteStream> open_byte_stream(const std::string& path) {
  const std::string name = path == "-" ? "stdin" : path;
  File file(path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) refuse(name, std::strerror(errno));
  struct stat facts {};
  if (::fstat(file.get(), &facts) == 0 && S_ISDIR(facts.st_mode)) refuse(name, "is a directory");

  std::array<char, 4> first{};
  const off_t at = ::lseek(file.get(), 0, SEEK_CUR);  // -1 in a pipe
  const ssize_t got = at < 0 ? -1 : ::pread(file.get(), first.data(), first.size(), at);
  const std::string_view bytes(first.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  for (const Packing& one : {kZstd, kBzip2})
    if (got > 0 && name.ends_with(one.ending) && !bytes.starts_with(one.first_bytes))
      refuse(name, "is not " + std::string(one.kind) + ", though its name says so");
  if (bytes.starts_with(kZstd.first_bytes))
    return std::make_unique<ZstdStream>(std::move(file), name);
  if (bytes.starts_with(kBzip2.first_bytes) && bytes.size() == first.size() && bytes[3] >= '1' &&
      bytes[3] <= '9')
    return std::make_unique<Bzip2Stream>(std::move(file), name);
  return std::make_unique<GzipStream>(std::move(file), name);
}

}  // namespace weir
