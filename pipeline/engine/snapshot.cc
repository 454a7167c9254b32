#include "pipeline/engine/snapshot.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>

#include "pipeline/engine/epoch.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

// The file: magic, u32 version, u32 header size, header (JSON), u64 hash of all that; then blocks:
// u32 raw size, u32 packed size, u64 hash of the packed bytes, the bytes; a block of raw size 0
// ends it.
constexpr std::string_view kMagic = "WEIRSNAP";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kBlock = 1 << 20;
constexpr std::size_t kMaxHeader = 16 << 20;
constexpr std::uint64_t kMaxState = std::uint64_t{64} << 30;

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
T take(std::string_view& in) {
  if (in.size() < sizeof(T)) throw std::runtime_error("the file is cut short");
  T value;
  std::memcpy(&value, in.data(), sizeof value);
  in.remove_prefix(sizeof value);
  return value;
}

std::string_view take(std::string_view& in, std::size_t size) {
  if (in.size() < size) throw std::runtime_error("the file is cut short");
  const std::string_view part = in.substr(0, size);
  in.remove_prefix(size);
  return part;
}

/// A file descriptor that writes all or throws.
class File {
 public:
  explicit File(const fs::path& path)
      : path_(path), fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
    if (fd_ < 0) fail("open");
  }
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  void write(std::string_view bytes) {
    size_ += bytes.size();
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail("write");
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  void sync() {
    if (::fsync(fd_) != 0) fail("fsync");
  }
  std::size_t size() const { return size_; }

 private:
  [[noreturn]] void fail(const char* what) const {
    throw std::runtime_error(fmt::format("{} {}: {}", what, path_.string(), std::strerror(errno)));
  }
  fs::path path_;
  int fd_;
  std::size_t size_ = 0;
};

void sync_folder(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

std::string header_of(const Snapshot& snapshot) {
  Json json;
  json["pipeline"] = snapshot.pipeline;
  json["shard"] = snapshot.shard;
  json["epoch"] = snapshot.epoch;
  json["chain"] = hex16(snapshot.chain);
  json["logic"] = hex16(snapshot.logic);
  json["log_position"] = snapshot.log_position;
  Json positions = Json::array();
  for (const auto& [lane, offset] : snapshot.positions)
    positions.push_back(Json::array({lane.first, lane.second, offset}));
  json["positions"] = std::move(positions);
  json["bytes"] = snapshot.state.size();
  const std::string text = json.dump();
  std::string out(kMagic);
  put(out, kVersion);
  put(out, static_cast<std::uint32_t>(text.size()));
  out += text;
  put(out, XXH3_64bits(out.data(), out.size()));
  return out;
}

Snapshot parse_header(const Json& json, std::uint64_t& bytes) {
  Snapshot snapshot;
  snapshot.pipeline = json.at("pipeline");
  snapshot.shard = json.at("shard");
  snapshot.epoch = json.at("epoch");
  snapshot.chain = std::stoull(json.at("chain").get<std::string>(), nullptr, 16);
  snapshot.logic = std::stoull(json.at("logic").get<std::string>(), nullptr, 16);
  snapshot.log_position = json.at("log_position");
  for (const Json& position : json.at("positions"))
    snapshot.positions.push_back({{position.at(0), position.at(1)}, position.at(2)});
  bytes = json.at("bytes");
  return snapshot;
}

Snapshot parse(std::string_view in) {
  const std::string_view whole = in;
  if (take(in, kMagic.size()) != kMagic) throw std::runtime_error("not a snapshot");
  if (const auto version = take<std::uint32_t>(in); version != kVersion)
    throw std::runtime_error(fmt::format("version {}, this program reads {}", version, kVersion));
  const auto header_size = take<std::uint32_t>(in);
  if (header_size > kMaxHeader) throw std::runtime_error("the header is too large");
  const std::string_view header = take(in, header_size);
  const std::uint64_t hash = XXH3_64bits(whole.data(), whole.size() - in.size());
  if (take<std::uint64_t>(in) != hash) throw std::runtime_error("the header is damaged");
  std::uint64_t bytes = 0;
  Snapshot snapshot = parse_header(Json::parse(header), bytes);
  if (bytes > kMaxState) throw std::runtime_error("the state is too large");
  for (;;) {
    const auto raw = take<std::uint32_t>(in);
    const auto packed_size = take<std::uint32_t>(in);
    const auto expected = take<std::uint64_t>(in);
    if (raw == 0) break;
    if (raw > kBlock) throw std::runtime_error("a block is too large");
    const std::string_view packed = take(in, packed_size);
    if (XXH3_64bits(packed.data(), packed.size()) != expected)
      throw std::runtime_error("a block is damaged");
    const std::size_t at = snapshot.state.size();
    snapshot.state.resize(at + raw);
    if (ZSTD_decompress(snapshot.state.data() + at, raw, packed.data(), packed.size()) != raw)
      throw std::runtime_error("a block does not unpack");
  }
  if (snapshot.state.size() != bytes || !in.empty())
    throw std::runtime_error("the state has another size than its header says");
  return snapshot;
}

}  // namespace

std::size_t write_snapshot(const fs::path& folder, const Snapshot& snapshot,
                           std::size_t generations) {
  fs::create_directories(folder);
  const fs::path path = folder / fmt::format("{:020}.snapshot", snapshot.epoch);
  const fs::path temporary = path.string() + ".tmp";
  std::size_t size = 0;
  try {
    File file(temporary);
    file.write(header_of(snapshot));
    std::string packed(ZSTD_compressBound(kBlock), '\0');
    std::string_view rest = snapshot.state;
    std::string block;
    while (!rest.empty()) {
      const std::string_view raw = rest.substr(0, kBlock);
      rest.remove_prefix(raw.size());
      const std::size_t n = ZSTD_compress(packed.data(), packed.size(), raw.data(), raw.size(), 1);
      if (ZSTD_isError(n)) throw std::runtime_error(ZSTD_getErrorName(n));
      block.clear();
      put(block, static_cast<std::uint32_t>(raw.size()));
      put(block, static_cast<std::uint32_t>(n));
      put(block, XXH3_64bits(packed.data(), n));
      block.append(packed, 0, n);
      file.write(block);
    }
    file.write(std::string(16, '\0'));
    file.sync();
    size = file.size();
  } catch (...) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw;
  }
  fs::rename(temporary, path);
  sync_folder(folder);
  // Those of later epochs are of another log: they must not push out the one just written.
  std::vector<fs::path> all = list_snapshots(folder);
  std::erase_if(all, [&](const fs::path& other) { return other > path; });
  for (std::size_t i = generations; i < all.size(); ++i) {
    std::error_code ignored;
    fs::remove(all[i], ignored);
  }
  return size;
}

std::vector<fs::path> list_snapshots(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(folder, missing))
    if (entry.path().extension() == ".snapshot") files.push_back(entry.path());
  std::sort(files.rbegin(), files.rend());
  return files;
}

Snapshot read_snapshot(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error(fmt::format("cannot open {}", file.string()));
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  try {
    return parse(bytes);
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("{}: {}", file.string(), error.what()));
  }
}

SnapshotThread::SnapshotThread(fs::path folder)
    : folder_(std::move(folder)), thread_([this] { run(); }) {}

SnapshotThread::~SnapshotThread() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void SnapshotThread::publish(Snapshot snapshot) {
  {
    const std::lock_guard lock(mutex_);
    waiting_ = std::move(snapshot);
  }
  changed_.notify_one();
}

SnapshotThread::Report SnapshotThread::report() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

void SnapshotThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stop_ || waiting_; });
    if (!waiting_) return;
    const Snapshot snapshot = std::move(*waiting_);
    waiting_.reset();
    lock.unlock();
    std::size_t bytes = 0;
    std::string error;
    try {
      bytes = write_snapshot(folder_, snapshot);
    } catch (const std::exception& failed) {
      error = failed.what();
    }
    lock.lock();
    if (error.empty()) {
      ++report_.written;
      report_.bytes = bytes;
    } else {
      ++report_.failed;
    }
    report_.last_error = error;
  }
}

}  // namespace weir
