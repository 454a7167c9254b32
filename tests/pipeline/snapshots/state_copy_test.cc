#include "pipeline/snapshots/state_copy.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <string>

#include "tests/temporary_folder.h"

namespace weir {
namespace {

std::vector<StateSection> nothing() { return {}; }

[[noreturn]] std::vector<StateSection> never() {
  for (;;) ::pause();
}

TEST(StateCopy, HasTheStateOfItsMomentWhateverChangesAfter) {
  std::vector<StateSection> state = {{"", "", 0, "clock"},
                                     {"model", "labels", 7, std::string(3'000'000, 'a')}};
  StateCopy copy([&] { return state; }, {});
  state[1].bytes.assign(state[1].bytes.size(), 'b');
  state.pop_back();
  const std::vector<StateSection> taken = copy.take();
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0].name, "");
  EXPECT_EQ(taken[0].bytes, "clock");
  EXPECT_EQ(taken[1].name, "model");
  EXPECT_EQ(taken[1].part, "labels");
  EXPECT_EQ(taken[1].fingerprint, 7U);
  EXPECT_EQ(taken[1].bytes, std::string(3'000'000, 'a'));
}

TEST(StateCopy, SealedPartsComeBackAsTheOnesThatWereShown) {
  const SealedBytes one("one part"), other("another part");
  const auto save = [&] {
    return std::vector<StateSection>{{"rows", "state", 1, "named", {other, one}}};
  };
  StateCopy copy(save, {one, other});
  const std::vector<StateSection> taken = copy.take();
  ASSERT_EQ(taken[0].sealed.size(), 2U);
  EXPECT_EQ(taken[0].sealed[0].bytes().data(), other.bytes().data());
  EXPECT_EQ(taken[0].sealed[1].bytes().data(), one.bytes().data());
}

/// What `take` throws, as text.
std::string trouble_of(StateCopy& copy) {
  try {
    copy.take();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "none";
}

TEST(StateCopy, ASealedPartThatWasNotShownIsAnError) {
  StateCopy copy(
      [] {
        return std::vector<StateSection>{{"rows", "state", 1, "named", {SealedBytes("hidden")}}};
      },
      {});
  EXPECT_EQ(trouble_of(copy), "operator rows did not show a sealed part of its state");
}

TEST(StateCopy, OneThatFailsOrIsEndedIsAnErrorAndNoHalfOfAState) {
  StateCopy failed([]() -> std::vector<StateSection> { throw std::runtime_error("no memory"); },
                   {});
  StateCopy ended(
      []() -> std::vector<StateSection> {
        ::raise(SIGKILL);
        return {};
      },
      {});
  for (StateCopy* copy : {&failed, &ended})
    EXPECT_EQ(trouble_of(*copy), "the process that copies the state ended early");
}

TEST(StateCopy, OneThatNobodyTakesIsEnded) {
  { const StateCopy unwanted(never, {}); }
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(StateCopy, HoldsNoLockOfItsParent) {
  const TemporaryFolder folder;
  const std::string file = folder.path() / "lock";
  const int held = ::open(file.c_str(), O_CREAT | O_RDWR, 0600);
  ASSERT_EQ(::flock(held, LOCK_EX | LOCK_NB), 0);
  int told[2];
  ASSERT_EQ(::pipe(told), 0);
  const StateCopy copy(never, {});
  // The end of the pipe says that the child has let go of what it was born with.
  ::close(told[1]);
  pollfd end{told[0], POLLIN, 0};
  EXPECT_EQ(::poll(&end, 1, 10'000), 1);
  ::close(told[0]);
  ::close(held);
  const int next = ::open(file.c_str(), O_RDWR);
  EXPECT_EQ(::flock(next, LOCK_EX | LOCK_NB), 0);
  ::close(next);
}

TEST(StateCopy, TakesNoSignalForItsParent) {
  std::signal(SIGTERM, [](int) {});  // as the service does
  StateCopy copy(
      [] {
        ::raise(SIGTERM);
        sigset_t pending;
        ::sigpending(&pending);
        return std::vector<StateSection>{
            {::sigismember(&pending, SIGTERM) == 1 ? "held back" : "taken", "", 0, ""}};
      },
      {});
  EXPECT_EQ(copy.take()[0].name, "held back");
  std::signal(SIGTERM, SIG_DFL);
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  EXPECT_EQ(::sigismember(&mask, SIGTERM), 0) << "the shard's own thread takes signals again";
}

TEST(StateCopy, AnEmptyStateIsAState) {
  StateCopy copy(nothing, {});
  EXPECT_TRUE(copy.take().empty());
}

}  // namespace
}  // namespace weir
