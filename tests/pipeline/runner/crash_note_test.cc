#include "pipeline/runner/crash_note.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "tests/temporary_folder.h"

namespace weir {
namespace {

namespace fs = std::filesystem;
using Mark = CrashNote::Mark;

const Mark kFull{3,
                 Cursor({{{"events", 0}, 120}, {{"events", 1}, 90}}),
                 Cursor({{{"labels", 0}, 7}}),
                 Skip{"events", 1, 88},
                 {{"events", 0, 100}, {"labels", 1, 6}}};

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(CrashNote, WhatIsWrittenIsLeftToTheNextProcess) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "not" / "there" / "in-hand";
  EXPECT_EQ(CrashNote(file).left(), std::nullopt);
  const Mark small{1, {}, Cursor({{{"events", 0}, 5}}), {}, {}};
  for (const Mark& mark : {kFull, Mark{}, small, kFull}) {
    {
      CrashNote note(file);
      note.write(mark);
    }
    EXPECT_EQ(CrashNote(file).left(), mark);
  }
}

TEST(CrashNote, AShorterNoteReplacesALongerOneInOneLifeAndInTheNext) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "in-hand";
  {
    CrashNote note(file);
    note.write(kFull);
    note.write({});
    EXPECT_EQ(note.left(), Mark{});
    note.write(kFull);
  }
  CrashNote next(file);
  next.write({});
  EXPECT_EQ(next.left(), Mark{});
}

TEST(CrashNote, NothingIsLeftOnceItIsRemoved) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "in-hand";
  CrashNote note(file);
  note.remove();  // nothing was noted
  note.write(kFull);
  note.remove();
  EXPECT_FALSE(fs::exists(file));
  EXPECT_EQ(note.left(), std::nullopt);
  note.write({});  // it continues after a while
  EXPECT_EQ(note.left(), Mark{});
}

TEST(CrashNote, AFileThatIsDamagedIsNoneAndIsWrittenOver) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "in-hand";
  CrashNote(file).write(kFull);
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
    read += CrashNote(file).left().has_value();  // and does not throw
    CrashNote(file).write(kFull);
    ASSERT_EQ(CrashNote(file).left(), kFull) << "trial " << trial << " seed 1";
  }
  EXPECT_LT(read, 150);
  write(std::string(2 << 20, ' ') + whole);
  EXPECT_EQ(CrashNote(file).left(), std::nullopt);
  CrashNote(file).write(kFull);
  EXPECT_EQ(CrashNote(file).left(), kFull);
}

TEST(CrashNote, AFolderThatCannotBeWrittenStopsNothing) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "file";
  std::ofstream(file) << "x";
  CrashNote note(file / "in-hand");
  note.write(kFull);
  EXPECT_EQ(note.left(), std::nullopt);
  note.remove();
}

}  // namespace
}  // namespace weir
