// Any bytes as a snapshot file, and a good file with some bytes changed or cut off: it is refused,
// or what it says is exactly what was written. Never a crash, never another state.

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "pipeline/core/check.h"
#include "pipeline/engine/snapshot.h"

namespace weir {
namespace {

Snapshot good_snapshot() {
  Snapshot snapshot;
  snapshot.pipeline = "card-fraud";
  snapshot.shard = 1;
  snapshot.epoch = 12345;
  snapshot.chain = 0x0123456789abcdef;
  snapshot.logic = 42;
  snapshot.log_position = 12400;
  snapshot.positions = {{{"transactions", 0}, 99}, {{"chargebacks", 2}, 7}};
  for (int i = 0; i < 300; ++i) snapshot.state += std::to_string(i * i);
  return snapshot;
}

/// The bytes of a good snapshot's file.
std::string good_file() {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("weir-fuzz-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  write_snapshot(folder, good_snapshot());
  std::ifstream in(list_snapshots(folder).front(), std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  std::filesystem::remove_all(folder);
  return bytes;
}

/// A file in memory.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : fd_(::memfd_create("snapshot", 0)) {
    check(fd_ >= 0, "a file in memory");
    check(::write(fd_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
          "it takes the bytes");
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

std::optional<Snapshot> read(std::string_view bytes) {
  const MemoryFile file(bytes);
  try {
    return read_snapshot(file.path());
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

bool same(const Snapshot& a, const Snapshot& b) {
  return a.pipeline == b.pipeline && a.shard == b.shard && a.epoch == b.epoch &&
         a.chain == b.chain && a.logic == b.logic && a.log_position == b.log_position &&
         a.positions == b.positions && a.state == b.state;
}

/// `changes`: two bytes of length to keep, then triples: two bytes of place, one to xor with.
std::string damaged(const std::string& good, std::string_view changes) {
  const auto number = [&](std::size_t at) {
    return static_cast<std::size_t>(static_cast<unsigned char>(changes[at]) * 256 +
                                    static_cast<unsigned char>(changes[at + 1]));
  };
  std::string bytes = good;
  if (changes.size() >= 2 && number(0) < bytes.size()) bytes.resize(number(0));
  for (std::size_t at = 2; at + 3 <= changes.size() && !bytes.empty(); at += 3)
    bytes[number(at) % bytes.size()] ^= changes[at + 2];
  return bytes;
}

}  // namespace
}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  static const std::string good = good_file();
  static const bool good_is_read = read(good) && same(*read(good), good_snapshot());
  check(good_is_read, "what was written is read");
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  read(input);
  if (const auto snapshot = read(damaged(good, input)))
    check(same(*snapshot, good_snapshot()), "a damaged snapshot is refused");
  return 0;
}
