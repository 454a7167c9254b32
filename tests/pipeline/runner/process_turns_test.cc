#include "pipeline/runner/process_turns.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <thread>

namespace weir {
namespace {

// On the heap: a thread sanitizer forgets a lock there when it is freed, one on the stack never.
class ProcessTurnsTest : public testing::Test {
 protected:
  const std::unique_ptr<ProcessTurns> turns_ = std::make_unique<ProcessTurns>();
};

TEST_F(ProcessTurnsTest, NobodyEntersWhileOneIsAlone) {
  std::atomic<bool> done = false, seen = false;
  std::thread other;
  {
    const ProcessTurns::Alone alone = turns_->alone();
    other = std::thread([&] {
      const ProcessTurns::Beside beside = turns_->beside_others();
      seen = done.load();
    });
    done = true;
  }
  other.join();
  EXPECT_TRUE(seen);
}

TEST_F(ProcessTurnsTest, OneIsAloneOnlyWhenAllOthersHaveLeft) {
  std::atomic<bool> left = false, seen = false;
  std::latch entered(1), leave(1);
  std::thread another([&] {
    const ProcessTurns::Beside beside = turns_->beside_others();
    entered.count_down();
    leave.wait();
    left = true;
  });
  entered.wait();
  ProcessTurns::Beside beside = turns_->beside_others();
  std::thread other([&] {
    const ProcessTurns::Alone alone = turns_->alone();
    seen = left.load();
  });
  beside.unlock();
  leave.count_down();
  another.join();
  other.join();
  EXPECT_TRUE(seen);
}

TEST_F(ProcessTurnsTest, OneProcessDoesNotWaitForAnother) {
  const auto another = std::make_unique<ProcessTurns>();
  const ProcessTurns::Alone alone = turns_->alone();
  EXPECT_TRUE(another->beside_others().owns_lock());
}

}  // namespace
}  // namespace weir
