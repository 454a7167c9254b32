#include "pipeline/runner/process_turns.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

namespace weir {
namespace {

TEST(ProcessTurns, NobodyEntersWhileOneIsAlone) {
  ProcessTurns turns;
  std::atomic<bool> done = false, seen = false;
  std::thread other;
  {
    const ProcessTurns::Alone alone = turns.alone();
    other = std::thread([&] {
      const ProcessTurns::Beside beside = turns.beside_others();
      seen = done.load();
    });
    done = true;
  }
  other.join();
  EXPECT_TRUE(seen);
}

TEST(ProcessTurns, OneIsAloneOnlyWhenAllOthersHaveLeft) {
  ProcessTurns turns;
  std::atomic<bool> left = false, seen = false;
  ProcessTurns::Beside first = turns.beside_others(), second = turns.beside_others();
  std::thread other([&] {
    const ProcessTurns::Alone alone = turns.alone();
    seen = left.load();
  });
  first.unlock();
  left = true;
  second.unlock();
  other.join();
  EXPECT_TRUE(seen);
}

TEST(ProcessTurns, OneProcessDoesNotWaitForAnother) {
  ProcessTurns one, two;
  const ProcessTurns::Alone alone = one.alone();
  EXPECT_TRUE(two.beside_others().owns_lock());
}

}  // namespace
}  // namespace weir
