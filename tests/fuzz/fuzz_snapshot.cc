// Any bytes as a snapshot, and a good one with some bytes changed or cut off: it is refused,
// or what it says is exactly what was written. Never a crash, never another state.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "pipeline/core/check.h"
#include "pipeline/snapshots/snapshot.h"

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
  snapshot.resolved = "pipeline: card-fraud\n";
  snapshot.sections = {
      {"", "", 0, "clock"}, {"features", "keys", 1, ""}, {"model", "labels", 2, "weights"}};
  for (int i = 0; i < 300; ++i) snapshot.sections[1].bytes += std::to_string(i * i);
  snapshot.sections[2].sealed.emplace_back("rows that wait");
  return snapshot;
}

std::optional<Snapshot> read(std::string_view bytes) {
  try {
    outline_snapshot(bytes);
    return unpack_snapshot(bytes);
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

bool same(const Snapshot& a, const Snapshot& b) {
  return a.pipeline == b.pipeline && a.shard == b.shard && a.epoch == b.epoch &&
         a.chain == b.chain && a.logic == b.logic && a.log_position == b.log_position &&
         a.positions == b.positions && a.resolved == b.resolved &&
         std::ranges::equal(a.sections, b.sections, [](const auto& one, const auto& other) {
           return one.name == other.name && one.part == other.part &&
                  one.fingerprint == other.fingerprint && one.bytes == other.bytes &&
                  std::ranges::equal(one.sealed, other.sealed, {}, &SealedBytes::name,
                                     &SealedBytes::name);
         });
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
  static const std::string good = pack_snapshot(good_snapshot());
  static const bool good_is_read = read(good) && same(*read(good), good_snapshot());
  check(good_is_read, "what was written is read");
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  read(input);
  if (const auto snapshot = read(damaged(good, input)))
    check(same(*snapshot, good_snapshot()), "a damaged snapshot is refused");
  return 0;
}
