#include "pipeline/runner/death_watch.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "tests/temporary_folder.h"

namespace weir {
namespace {

namespace fs = std::filesystem;
using Mark = DeathWatch::Mark;

const Mark kFull{3,
                 {{"events", 0, 120}, {"events", 1, 90}},
                 {{"labels", 0, 7}},
                 Skip{"events", 1, 88},
                 {{"events", 0, 100}, {"labels", 1, 6}}};

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(DeathWatch, WhatIsNotedIsLeftToTheNextProcess) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "not" / "there" / "in-hand";
  EXPECT_EQ(DeathWatch(file).left(), std::nullopt);
  for (const Mark& mark : {kFull, Mark{}, Mark{1, {}, {{"events", 0, 5}}, {}, {}}, kFull}) {
    {
      DeathWatch watch(file);
      watch.note(mark);
    }
    EXPECT_EQ(DeathWatch(file).left(), mark);
  }
}

TEST(DeathWatch, AShorterNoteReplacesALongerOneInOneLifeAndInTheNext) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "in-hand";
  {
    DeathWatch watch(file);
    watch.note(kFull);
    watch.note({});
    EXPECT_EQ(watch.left(), Mark{});
    watch.note(kFull);
  }
  DeathWatch next(file);
  next.note({});
  EXPECT_EQ(next.left(), Mark{});
}

TEST(DeathWatch, NothingIsLeftOnceItIsCleared) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "in-hand";
  DeathWatch watch(file);
  watch.clear();  // nothing was noted
  watch.note(kFull);
  watch.clear();
  EXPECT_FALSE(fs::exists(file));
  EXPECT_EQ(watch.left(), std::nullopt);
  watch.note({});  // it goes on after a while
  EXPECT_EQ(watch.left(), Mark{});
}

TEST(DeathWatch, AFileThatIsDamagedIsNoneAndIsWrittenOver) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "in-hand";
  DeathWatch(file).note(kFull);
  const std::string whole = text_of(file);
  const auto write = [&](const std::string& text) {
    fs::remove(file);  // cheaper than to cut it short
    std::ofstream(file, std::ios::binary) << text;
  };
  std::mt19937_64 random(1);
  int read = 0;
  for (std::size_t trial = 0; trial < whole.size() + 300; ++trial) {
    std::string text = whole;
    if (trial < whole.size())
      text.resize(trial);
    else
      for (int i = 0; i < 3; ++i) text[random() % text.size()] = static_cast<char>(random());
    write(text);
    read += DeathWatch(file).left().has_value();  // and does not throw
    DeathWatch(file).note(kFull);
    ASSERT_EQ(DeathWatch(file).left(), kFull) << "trial " << trial << " seed 1";
  }
  EXPECT_LT(read, 150);
  write(std::string(2 << 20, ' ') + whole);
  EXPECT_EQ(DeathWatch(file).left(), std::nullopt);
  DeathWatch(file).note(kFull);
  EXPECT_EQ(DeathWatch(file).left(), kFull);
}

TEST(DeathWatch, AFolderThatCannotBeWrittenStopsNothing) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "file";
  std::ofstream(file) << "x";
  DeathWatch watch(file / "in-hand");
  watch.note(kFull);
  EXPECT_EQ(watch.left(), std::nullopt);
  watch.clear();
}

}  // namespace
}  // namespace weir
