#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "pipeline/snapshots/snapshot_folder.h"
#include "tests/harness/sanitized.h"
#include "tests/temporary_folder.h"

namespace weir {
namespace {

namespace fs = std::filesystem;
using engine_test::kSanitized;

/// A state that packs badly in part and well in part.
Snapshot make_snapshot(std::uint64_t epoch, std::size_t bytes) {
  std::mt19937_64 random(epoch);
  Snapshot snapshot;
  snapshot.pipeline = "fraud";
  snapshot.shard = 3;
  snapshot.epoch = epoch;
  snapshot.chain = 0xfedcba9876543210U;
  snapshot.logic = 42;
  snapshot.log_position = 1234;
  snapshot.positions = {{{"events", 0}, 17}, {{"labels", 3}, 9'000'000'000'000}};
  snapshot.record_bytes = 990'000;
  snapshot.resolved = "pipeline: fraud\n";
  snapshot.sections = {{"", "", 0, std::string(bytes, '\0')},
                       {"none", "state", 1, ""},
                       {"model", "labels", ~0U, "small"}};
  std::string& state = snapshot.sections[0].bytes;
  for (std::size_t i = 0; i < bytes / 2; ++i) state[i] = static_cast<char>(random());
  snapshot.sections[2].sealed.emplace_back("an immutable part");
  return snapshot;
}

bool equal_sections(const StateSection& a, const StateSection& b) {
  return a.name == b.name && a.part == b.part && a.fingerprint == b.fingerprint &&
         a.bytes == b.bytes &&
         std::ranges::equal(a.sealed, b.sealed, {}, &SealedBytes::name, &SealedBytes::name);
}

bool equal(const Snapshot& a, const Snapshot& b) {
  return a.pipeline == b.pipeline && a.shard == b.shard && a.epoch == b.epoch &&
         a.chain == b.chain && a.logic == b.logic && a.log_position == b.log_position &&
         a.positions == b.positions && a.record_bytes == b.record_bytes &&
         a.resolved == b.resolved && std::ranges::equal(a.sections, b.sections, equal_sections);
}

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void put(const fs::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::string why_not(const fs::path& file) {
  try {
    read_snapshot(file);
    return "it was read";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

TEST(Snapshot, ReadsBackWhatItWrote) {
  const TemporaryFolder folder;
  for (const std::size_t bytes : {0U, 1U, (1U << 20) - 1, 1U << 20, 5'000'000U}) {
    const Snapshot snapshot = make_snapshot(bytes, bytes);
    const std::size_t written = write_snapshot(folder.path(), snapshot);
    const auto files = list_snapshots(folder.path());
    ASSERT_FALSE(files.empty());
    EXPECT_EQ(fs::file_size(files[0]), written);
    EXPECT_TRUE(equal(read_snapshot(files[0]), snapshot)) << bytes;
  }
}

TEST(Snapshot, KeepsTheNewestGenerationsAndNoTemporaryFile) {
  const TemporaryFolder folder;
  for (std::uint64_t epoch = 8; epoch <= 12; ++epoch)
    write_snapshot(folder.path(), make_snapshot(epoch, 10), 3);
  const auto files = list_snapshots(folder.path());
  ASSERT_EQ(files.size(), 3U);
  EXPECT_EQ(read_snapshot(files[0]).epoch, 12U);
  EXPECT_EQ(read_snapshot(files[2]).epoch, 10U);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 3);
}

TEST(Snapshot, ANewSnapshotSurvivesLaterEpochsOfAnotherLog) {
  const TemporaryFolder folder;
  for (std::uint64_t epoch = 100; epoch <= 103; ++epoch)
    write_snapshot(folder.path(), make_snapshot(epoch, 10), 3);
  write_snapshot(folder.path(), make_snapshot(5, 10), 3);
  EXPECT_EQ(read_snapshot(list_snapshots(folder.path()).back()).epoch, 5U);
}

TEST(Snapshot, AFileWithAnyChangedByteIsRefusedOrReadsAsItWas) {
  const TemporaryFolder folder;
  const Snapshot snapshot = make_snapshot(1, 2'000'000);
  write_snapshot(folder.path(), snapshot);
  const fs::path file = list_snapshots(folder.path())[0];
  const std::string good = bytes_of(file);
  constexpr int kChanges = kSanitized ? 50 : 400;
  std::mt19937_64 random(11);
  for (int i = 0; i < kChanges; ++i) {
    std::string bad = good;
    // Half of the changes hit the header and the first block's, where lengths are.
    const std::size_t at = random() % (i % 2 == 0 ? 400 : good.size());
    bad[at] = static_cast<char>(bad[at] ^ (1 << random() % 8));
    put(file, bad);
    try {
      EXPECT_TRUE(equal(read_snapshot(file), snapshot)) << "byte " << at;
    } catch (const std::runtime_error&) {
    }
  }
}

TEST(Snapshot, AFileCutShortAnywhereIsRefused) {
  const TemporaryFolder folder;
  write_snapshot(folder.path(), make_snapshot(1, 3'000));
  const fs::path file = list_snapshots(folder.path())[0];
  const std::string good = bytes_of(file);
  for (std::size_t size = 0; size < good.size(); size += kSanitized ? 37 : 3) {
    put(file, good.substr(0, size));
    EXPECT_THROW(read_snapshot(file), std::runtime_error) << size;
  }
  put(file, good + "x");
  EXPECT_THROW(read_snapshot(file), std::runtime_error);
}

TEST(Snapshot, ItsHeadAloneSaysWhatIsInIt) {
  const Snapshot snapshot = make_snapshot(7, 2'000'000);
  const SnapshotOutline outline = outline_snapshot(pack_snapshot(snapshot));
  EXPECT_EQ(outline.head.epoch, 7U);
  EXPECT_EQ(outline.head.resolved, snapshot.resolved);
  ASSERT_EQ(outline.measures.size(), 3U);
  EXPECT_EQ(outline.measures[0].bytes, 2'000'000U);
  EXPECT_EQ(outline.measures[2].bytes, 5U);
  EXPECT_EQ(outline.head.sections[2].name, "model");
  EXPECT_EQ(outline.head.sections[2].sealed[0].name(), SealedName::of("an immutable part"));
}

TEST(Snapshot, BlocksOfAnotherSnapshotAreRefused) {
  Snapshot snapshot = make_snapshot(1, 0);
  snapshot.sections = {{"a", "state", 1, "abcdefgh"}};
  const std::string one = pack_snapshot(snapshot);
  snapshot.sections[0].bytes = "abcdefgi";
  const std::string other = pack_snapshot(snapshot);
  ASSERT_EQ(one.size(), other.size());
  const std::size_t head = one.find("WEIRSNAP") + 16 + static_cast<unsigned char>(one[12]) +
                           256 * static_cast<unsigned char>(one[13]) + 8;
  EXPECT_EQ(unpack_snapshot(other.substr(0, head) + other.substr(head)).sections[0].bytes,
            "abcdefgi");
  EXPECT_THROW(unpack_snapshot(one.substr(0, head) + other.substr(head)), std::runtime_error);
}

TEST(Snapshot, SaysWhatIsWrongWithAFile) {
  const TemporaryFolder folder;
  write_snapshot(folder.path(), make_snapshot(1, 100));
  const fs::path file = list_snapshots(folder.path())[0];
  std::string bytes = bytes_of(file);
  const auto expect = [&](const std::string& what) {
    put(file, bytes);
    EXPECT_EQ(why_not(file), file.string() + ": " + what);
  };
  bytes[8] = 1;
  expect("it has format version 1, this program reads version 3: remove it, and its state is "
         "replayed, or run the program that wrote it");
  bytes[8] = 3;
  bytes[20] ^= 1;
  expect("its head is damaged");
  bytes[20] ^= 1;
  bytes[0] = 'X';
  expect("it is not a snapshot");
  bytes.clear();
  expect("it is cut short");
  const std::string none = (folder.path() / "none").string();
  EXPECT_EQ(why_not(none), none + ": open " + none + ": No such file or directory");
}

}  // namespace
}  // namespace weir
