#include "pipeline/runner/poison_guard.h"

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"

namespace weir {
namespace {

/// Processes that follow each other over one note. Each takes records of `events` from where the
/// last epoch ended.
class PoisonGuardTest : public testing::Test {
 protected:
  static Cursor at(std::int64_t next) { return Cursor({{{"events", 0}, next}}); }

  /// A process that begins at `here` and ends when the guard does: a crash, unless it is cleared.
  std::unique_ptr<PoisonGuard> process(std::int64_t here, bool crashed = true) {
    notices_.take();
    auto guard = std::make_unique<PoisonGuard>(turns_, folder_.path() / "in-hand", notices_);
    guard->begin(crashed, at(here));
    return guard;
  }
  /// So many that crash when they have taken records up to `next`.
  void crash(int times, std::int64_t here, std::int64_t next) {
    for (; times > 0; --times) process(here)->note("events", 0, next);
  }
  bool noticed(const std::string& text) const {
    for (const Notice& one : notices_.all())
      if (one.text.find(text) != std::string::npos) return true;
    return false;
  }

  TemporaryFolder folder_;
  ProcessTurns turns_;
  Notices notices_;
};

TEST_F(PoisonGuardTest, RecordsAreProcessedOneByOneAfterThreeCrashesOverThem) {
  crash(2, 0, 10);
  EXPECT_FALSE(process(0)->one_by_one());
  crash(1, 0, 10);
  const auto guard = process(0);
  EXPECT_TRUE(guard->one_by_one());
  EXPECT_TRUE(guard->suspects_any());
  EXPECT_TRUE(noticed("crashed 3 times over the same records"));
  EXPECT_FALSE(guard->beside_others().owns_lock()) << "each record takes its own turn";
}

TEST_F(PoisonGuardTest, TheRecordThatCrashedAloneIsPoison) {
  crash(3, 0, 10);
  struct Crash {};
  const auto crash_at = [](PoisonGuard& guard, std::int64_t offset) {
    for (std::int64_t i = 0; i <= offset; ++i)
      guard.alone({"events", 0, i}, [&] {
        if (i == offset) throw Crash();
      });
  };
  EXPECT_THROW(crash_at(*process(0), 4), Crash);
  const auto guard = process(0);
  EXPECT_TRUE(guard->is_poison("events", 0, 4));
  EXPECT_FALSE(guard->is_poison("events", 0, 3));
  EXPECT_FALSE(guard->is_poison("events", 1, 4));
  EXPECT_FALSE(guard->is_poison("labels", 0, 4));
  EXPECT_TRUE(noticed("offset 4 of events [0] crashed the process"));
}

TEST_F(PoisonGuardTest, ARecordThatWasDoneAloneIsNotToBlame) {
  crash(3, 0, 10);
  process(0)->alone({"events", 0, 4}, [] {});
  EXPECT_FALSE(process(0)->is_poison("events", 0, 4));
}

TEST_F(PoisonGuardTest, NothingIsSuspectOnceAnEpochWithAllOfItIsCommitted) {
  crash(3, 0, 10);
  const auto guard = process(0);
  guard->committed(at(9));
  EXPECT_TRUE(guard->one_by_one());
  guard->committed(at(10));
  EXPECT_FALSE(guard->one_by_one());
  EXPECT_FALSE(guard->suspects_any());
  EXPECT_TRUE(noticed("have been passed"));
  EXPECT_TRUE(guard->beside_others().owns_lock());
  EXPECT_FALSE(process(10)->suspects_any());
}

TEST_F(PoisonGuardTest, ACrashOverOtherRecordsCountsAnew) {
  crash(2, 0, 10);
  crash(1, 10, 20);  // it came past the first ones
  crash(1, 10, 20);
  EXPECT_FALSE(process(10)->one_by_one());
  crash(1, 10, 20);
  EXPECT_TRUE(process(10)->one_by_one());
}

TEST_F(PoisonGuardTest, AKillIsNoCrashButForgetsNone) {
  crash(3, 0, 10);
  process(0)->alone({"events", 0, 0}, [] {});
  EXPECT_TRUE(process(0, false)->one_by_one());
  EXPECT_TRUE(process(0, false)->one_by_one()) << "the note is still that of the crashes";
  process(0, false)->clear();
  process(0)->note("events", 0, 10);
  for (int kill = 0; kill < 5; ++kill) {
    const auto guard = process(0, false);
    guard->note("events", 0, 10);
    EXPECT_FALSE(guard->suspects_any()) << kill;
  }
}

TEST_F(PoisonGuardTest, AProcessThatEndsByItselfBlamesNoRecord) {
  crash(2, 0, 10);
  {
    const auto guard = process(0);
    guard->note("events", 0, 10);
    guard->clear();
  }
  EXPECT_FALSE(process(0)->suspects_any());
}

TEST_F(PoisonGuardTest, WithoutANoteNothingIsSuspect) {
  PoisonGuard guard(turns_, std::nullopt, notices_);
  guard.begin(true, at(0));
  guard.note("events", 0, 10);
  EXPECT_FALSE(guard.one_by_one());
  EXPECT_FALSE(guard.suspects_any());
  guard.committed(at(10));
  guard.clear();
  EXPECT_TRUE(notices_.all().empty());
}

}  // namespace
}  // namespace weir
