#include "pipeline/core/sealed_bytes.h"

#include <gtest/gtest.h>

#include "pipeline/core/state.h"
#include "pipeline/core/state_visitors.h"

namespace weir {
namespace {

/// A state with sealed parts between others.
struct Parted {
  std::uint32_t before = 1;
  SealedBytes first, second;
  std::uint32_t after = 2;

  void state(StateVisitor& visit) { visit(before, first, second, after); }
};

Parted parted() {
  Parted one;
  one.first = SealedBytes("the first part");
  one.second = SealedBytes(std::string(100'000, 'x'));
  return one;
}

/// Gives the parts that it is asked about as those of a file.
struct Folder final : SealedSink {
  void settle(SealedBytes& part) override {
    if (part.on_disk()) return;
    const auto file = std::make_shared<std::string>(part.bytes());
    part = SealedBytes(part.name(), *file, file);
  }
};

std::uint64_t hash(Parted& one) {
  StateHasher hasher;
  one.state(hasher);
  return hasher.hash();
}

TEST(SealedBytes, AreNamedByWhatIsInThem) {
  EXPECT_EQ(SealedBytes("a").name(), SealedBytes("a").name());
  EXPECT_NE(SealedBytes("a").name(), SealedBytes("b").name());
  EXPECT_NE(SealedBytes("a").name().text(), SealedBytes("b").name().text());
  EXPECT_EQ(SealedBytes("a").name().text().size(), 34U);
}

TEST(SealedBytes, ANameIsReadFromItsOwnTextAlone) {
  const SealedName name = SealedBytes("a").name();
  EXPECT_EQ(SealedName::parse(name.text()), name);
  for (const std::string& bad :
       {std::string(), name.text() + "0x", name.text().substr(1), " " + name.text(),
        name.text().substr(0, 33), std::string(32, 'g') + "-1", std::string(32, '0') + "-01"})
    EXPECT_FALSE(SealedName::parse(bad)) << bad;
}

TEST(SealedBytes, WithoutAPlaceForThemAreWrittenInTheState) {
  Parted one = parted();
  std::string bytes;
  StateWriter writer(bytes);
  one.state(writer);
  EXPECT_GT(bytes.size(), 100'000U);
  Parted read;
  StateReader reader(bytes);
  read.state(reader);
  EXPECT_EQ(reader.left(), 0U);
  EXPECT_EQ(read.first.bytes(), "the first part");
  EXPECT_EQ(read.second.name(), one.second.name());
}

TEST(SealedBytes, WithAPlaceForThemAreNamedSettledAndFound) {
  Parted one = parted();
  Folder folder;
  std::string bytes;
  std::vector<SealedBytes> parts;
  StateWriter writer(bytes, folder, parts);
  one.state(writer);
  EXPECT_LT(bytes.size(), 100U);
  EXPECT_TRUE(one.first.on_disk());
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_TRUE(parts[1].on_disk());
  Parted read;
  StateReader reader(bytes, parts);
  read.state(reader);
  EXPECT_EQ(reader.left(), 0U);
  EXPECT_EQ(read.first.bytes(), "the first part");
  EXPECT_EQ(read.second.bytes(), one.second.bytes());
}

TEST(SealedBytes, AStateThatNamesAPartThatIsNotThereIsRefused) {
  Parted one = parted();
  Folder folder;
  std::string bytes;
  std::vector<SealedBytes> parts;
  StateWriter writer(bytes, folder, parts);
  one.state(writer);
  parts.pop_back();
  Parted read;
  StateReader without_one(bytes, parts);
  EXPECT_THROW(read.state(without_one), StateError);
  StateReader without_any(bytes);
  EXPECT_THROW(read.state(without_any), StateError);
}

TEST(SealedBytes, AStateHasOneHashWhereverTheyAre) {
  Parted one = parted();
  const std::uint64_t in_memory = hash(one);
  Folder folder;
  folder.settle(one.first);
  EXPECT_EQ(hash(one), in_memory);
  one.second = SealedBytes("another");
  EXPECT_NE(hash(one), in_memory);
}

}  // namespace
}  // namespace weir
