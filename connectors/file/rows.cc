#include "connectors/file/rows.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "pipeline/core/log/log.h"

namespace weir {
namespace {

constexpr std::size_t kBlock = 1024 * 1024;
constexpr unsigned kUnpackBuffer = 256 * 1024;
constexpr std::string_view kUtf8Mark = "\xef\xbb\xbf";

}  // namespace

FileInput::FileInput(const std::string& path) : name_(path == "-" ? "stdin" : path) {
  const int file = path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) refuse(std::strerror(errno));
  struct stat facts {};
  if (::fstat(file, &facts) == 0 && S_ISDIR(facts.st_mode)) {
    ::close(file);
    refuse("is a directory");
  }
  gzFile opened = gzdopen(file, "rb");
  if (opened == nullptr) {
    ::close(file);
    refuse("cannot be unpacked: no memory");
  }
  gzbuffer(opened, kUnpackBuffer);
  file_ = opened;
}

FileInput::~FileInput() { gzclose_r(static_cast<gzFile>(file_)); }

std::size_t FileInput::read(char* to, std::size_t size) {
  gzFile file = static_cast<gzFile>(file_);
  const int got = gzread(file, to, static_cast<unsigned>(size));
  int error = Z_OK;
  const char* const text = gzerror(file, &error);
  if (error == Z_ERRNO) refuse(std::strerror(errno));
  // A stream cut off in the middle is Z_BUF_ERROR, beside the last bytes that could be unpacked.
  if (got < 0 || error == Z_BUF_ERROR)
    refuse(std::string("is not whole gzip (") + (*text != '\0' ? text : "cut off") + ")");
  const bool named_gzip = name_.size() > 3 && name_.compare(name_.size() - 3, 3, ".gz") == 0;
  if (!read_before_ && named_gzip && got > 0 && gzdirect(file) != 0)
    refuse("is not gzip, though its name says so");
  read_before_ = true;
  return static_cast<std::size_t>(got);
}

void FileInput::refuse(const std::string& why) const {
  throw LogFailure(LogFailure::Kind::refused, name_ + ": " + why);
}

Rows::Rows(const std::string& path) : input_(path), buffer_(kBlock) {
  while (!input_ended_ && end_ < kUtf8Mark.size()) fill();
  if (std::string_view(buffer_.data(), end_).substr(0, kUtf8Mark.size()) == kUtf8Mark)
    at_ = scanned_ = kUtf8Mark.size();
}

std::optional<char> Rows::first_byte() const {
  if (at_ == end_) return std::nullopt;
  return buffer_[at_];
}

std::optional<std::string_view> Rows::next(bool keep) {
  while (true) {
    const std::size_t row_end = find_row_end();
    if (row_end < end_) return take(row_end, row_end + 1);
    if (input_ended_) {
      if (at_ == end_) return std::nullopt;
      return take(end_, end_);
    }
    if (keep) return std::nullopt;
    fill();
  }
}

void Rows::put_back(std::string_view row) {
  at_ = scanned_ = static_cast<std::size_t>(row.data() - buffer_.data());
  state_ = Quotes::cell_begins;
}

/// The next line break that ends a row, or end_.
std::size_t Rows::find_row_end() {
  while (scanned_ < end_) {
    const char* const from = buffer_.data() + scanned_;
    const void* const found = std::memchr(from, '\n', end_ - scanned_);
    const std::size_t line_end =
        found == nullptr
            ? end_
            : static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
    if (!quotes_) return scanned_ = line_end;
    const std::size_t row_end = walk_quotes(scanned_, line_end);
    scanned_ = row_end;
    if (row_end == end_ || state_ != Quotes::inside) return row_end;
    ++scanned_;  // this line break is inside quotes
  }
  return end_;
}

/// Follows the quotes up to a line break; returns `to`.
std::size_t Rows::walk_quotes(std::size_t from, std::size_t to) {
  if (from == to) return to;
  const bool any = std::memchr(buffer_.data() + from, '"', to - from) != nullptr;
  if (!any && state_ == Quotes::inside) return to;
  if (!any) {
    state_ = buffer_[to - 1] == ',' ? Quotes::cell_begins : Quotes::outside;
    return to;
  }
  for (std::size_t i = from; i < to; ++i) {
    const char c = buffer_[i];
    if (state_ == Quotes::inside) {
      if (c == '"') state_ = Quotes::closed;
    } else if (c == '"' && state_ != Quotes::outside) {
      state_ = Quotes::inside;
    } else {
      state_ = c == ',' ? Quotes::cell_begins : Quotes::outside;
    }
  }
  return to;
}

std::string_view Rows::take(std::size_t end, std::size_t next) {
  std::string_view row(buffer_.data() + at_, std::min(end - at_, kMaxRowBytes));
  if (!row.empty() && row.back() == '\r' && row.size() == end - at_) row.remove_suffix(1);
  at_ = scanned_ = next;
  state_ = Quotes::cell_begins;
  return row;
}

/// Reads a block behind the bytes not taken yet; of a row that is too long it keeps the beginning.
void Rows::fill() {
  const std::size_t left = std::min(end_ - at_, kMaxRowBytes + 1);
  std::memmove(buffer_.data(), buffer_.data() + at_, left);
  scanned_ = std::min(scanned_ - at_, left);
  at_ = 0;
  end_ = left;
  if (buffer_.size() < left + kBlock) buffer_.resize(std::max(buffer_.size() * 2, left + kBlock));
  const std::size_t got = input_.read(buffer_.data() + end_, buffer_.size() - end_);
  end_ += got;
  input_ended_ = got == 0;
}

}  // namespace weir
