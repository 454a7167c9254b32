#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/memory/memory_log.h"
#include "pipeline/snapshots/snapshot_store.h"
#include "tests/temporary_folder.h"

/// What the tests of SnapshotStore share: the places it writes to, and snapshots.
namespace weir::snapshots_test {

namespace fs = std::filesystem;
using Call = MemoryLog::Call;
using Fault = MemoryLog::Fault;

inline constexpr std::string_view kTopic = "weir.fraud.snapshots";

inline std::string noise(std::uint64_t seed, std::size_t bytes) {
  std::mt19937_64 random(seed);
  std::string text(bytes, '\0');
  for (char& one : text) one = static_cast<char>(random());
  return text;
}

/// A log and a folder, and stores on them as one process after another makes them.
struct SnapshotWorld {
  SnapshotWorld() { log.create_topic(std::string(kTopic), 2, snapshots_topic_settings()); }

  SnapshotStore::Settings settings(bool with_topic = true) {
    SnapshotStore::Settings settings;
    settings.folder = folder.path() / "shard-1";
    settings.pipeline = "fraud";
    settings.shard = 1;
    settings.log = with_topic ? &log : nullptr;
    settings.topic_every = std::chrono::milliseconds(0);
    settings.threads = false;
    return settings;
  }

  /// The records of the shard's partition, and how many bytes they have.
  std::size_t topic_bytes() {
    std::size_t sum = 0;
    for (const auto& [key, size] : records()) sum += size;
    return sum;
  }
  std::vector<std::pair<std::string, std::size_t>> records() {
    std::vector<std::pair<std::string, std::size_t>> all;
    const OffsetRange range = log.offsets(std::string(kTopic), 1);
    const PartitionOffset start{1, range.first};
    Signal signal;
    const auto reader = log.reader(std::string(kTopic));
    reader->start({&start, 1}, signal);
    for (;;) {
      std::vector<Record> some;
      const auto fetched = reader->fetch(1, 100, some);
      for (const Record& one : some) all.emplace_back(one.key, one.value.size());
      if (some.empty() && fetched.end) return all;
    }
  }

  TemporaryFolder folder;
  std::function<Fault(const Call&)> fault;
  MemoryLog log{MemoryLog::Options{
      .hook = [this](const Call& call) { return fault ? fault(call) : Fault::none; }}};
};

inline Snapshot make_snapshot(std::uint64_t epoch, std::vector<SealedBytes> sealed = {},
                              std::size_t bytes = 1'000) {
  Snapshot snapshot;
  snapshot.pipeline = "fraud";
  snapshot.shard = 1;
  snapshot.epoch = epoch;
  snapshot.chain = epoch * 7;
  snapshot.log_position = static_cast<std::int64_t>(epoch) * 2;
  snapshot.resolved = "pipeline: fraud\n";
  snapshot.sections = {{"", "", 0, "clock"}, {"model", "labels", 5, noise(epoch, bytes)}};
  snapshot.sections[1].sealed = std::move(sealed);
  return snapshot;
}

inline bool equal(const Snapshot& a, const Snapshot& b) {
  const auto same_part = [](const SealedBytes& one, const SealedBytes& other) {
    return one.name() == other.name() && one.bytes() == other.bytes();
  };
  const auto same_section = [&](const StateSection& one, const StateSection& other) {
    return one.name == other.name && one.fingerprint == other.fingerprint &&
           one.bytes == other.bytes && std::ranges::equal(one.sealed, other.sealed, same_part);
  };
  return a.epoch == b.epoch && a.chain == b.chain && a.log_position == b.log_position &&
         a.resolved == b.resolved && std::ranges::equal(a.sections, b.sections, same_section);
}

inline std::vector<std::uint64_t> epochs(const std::vector<SnapshotStore::Candidate>& candidates) {
  std::vector<std::uint64_t> all;
  for (const auto& one : candidates) all.push_back(one.epoch);
  return all;
}

inline std::vector<fs::path> segment_files(const SnapshotWorld& world) {
  std::vector<fs::path> files;
  std::error_code none;
  for (const auto& entry :
       fs::directory_iterator(world.folder.path() / "shard-1" / "segments", none))
    files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

inline void put(const fs::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace weir::snapshots_test
