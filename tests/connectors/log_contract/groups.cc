// Groups: how members share the partitions of a topic.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/connectors/log_contract/log_contract.h"

namespace weir {
namespace {

TEST_P(LogContract, StoresOffsetsWhileTheGroupHasMembers) {
  const std::string topic = fresh_topic(2);
  const std::string group = fresh("group");
  GroupMember one{&signal_};
  one.join(log_, group, topic);
  poll_until({&one}, [&] { return one.owned.size() == 2; });
  const auto once = log_.writer(group + ".0", {topic});
  ASSERT_EQ(commit(*once, outbox({"a"}), {{topic, 0, 5}}), Commit::done);
  EXPECT_EQ(under_test_->committed(group, topic, 0), 5);
  const auto often = log_.writer(group + ".1", {topic}, Delivery::at_least_once);
  ASSERT_EQ(commit(*often, outbox({"a"}), {{topic, 1, 6}}), Commit::done);
  EXPECT_EQ(under_test_->committed(group, topic, 1), 6);
}

TEST_P(LogContract, TheOnlyMemberOfAGroupHasEveryPartition) {
  const std::string topic = fresh_topic(3);
  GroupMember one{&signal_};
  one.join(log_, fresh("group"), topic);
  EXPECT_FALSE(one.membership->joined());
  poll_until({&one}, [&] { return one.membership->joined(); });
  EXPECT_EQ(one.owned, (Partitions{0, 1, 2}));
  EXPECT_TRUE(one.released.empty());
}

TEST_P(LogContract, TwoMembersShareThePartitions) {
  const std::string topic = fresh_topic(5);
  const std::string group = fresh("group");
  GroupMember one{&signal_};
  GroupMember other{&signal_};
  one.join(log_, group, topic);
  poll_until({&one}, [&] { return one.owned.size() == 5; });
  other.join(log_, group, topic);
  poll_until({&one, &other},
             [&] { return one.owned.size() + other.owned.size() == 5 && one.owned.size() < 5; });
  EXPECT_EQ(one.released, (std::vector<GroupMember::Released>{{{0, 1, 2, 3, 4}, false}}));
  EXPECT_TRUE(other.released.empty());
  EXPECT_GE(std::min(one.owned.size(), other.owned.size()), 2U);
}

TEST_P(LogContract, AMemberWithoutAShareHasJoined) {
  const std::string topic = fresh_topic(1);
  const std::string group = fresh("group");
  GroupMember one{&signal_};
  GroupMember other{&signal_};
  one.join(log_, group, topic);
  other.join(log_, group, topic);
  poll_until({&one, &other}, [&] {
    return one.membership->joined() && other.membership->joined() &&
           one.owned.size() + other.owned.size() == 1;
  });
}

TEST_P(LogContract, AMemberThatLeavesHandsOverWithinTwoSeconds) {
  const std::string topic = fresh_topic(4);
  const std::string group = fresh("group");
  GroupMember one{&signal_};
  GroupMember other{&signal_};
  one.join(log_, group, topic);
  other.join(log_, group, topic);
  poll_until({&one, &other}, [&] { return one.owned.size() == 2 && other.owned.size() == 2; });
  const auto begun = std::chrono::steady_clock::now();
  one.leave();
  poll_until({&other}, [&] { return other.owned.size() == 4; });
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(2));
  EXPECT_FALSE(other.released.back().lost);
}

TEST_P(LogContract, AReturningInstanceKeepsItsPartitions) {
  const std::string topic = fresh_topic(4);
  const std::string group = fresh("group");
  GroupMember one{&signal_};
  GroupMember other{&signal_};
  one.join(log_, group, topic, "a");
  other.join(log_, group, topic, "b");
  poll_until({&one, &other}, [&] { return one.owned.size() == 2 && other.owned.size() == 2; });
  const Partitions before = one.owned;
  other.released.clear();
  one.leave();
  other.poll();
  EXPECT_EQ(other.owned.size(), 2U);
  one.join(log_, group, topic, "a");
  poll_until({&one, &other}, [&] { return !one.owned.empty(); });
  EXPECT_EQ(one.owned, before);
  EXPECT_EQ(other.owned.size(), 2U);
  EXPECT_TRUE(other.released.empty());
}

TEST_P(LogContract, AnInstanceThatJoinsTwiceFencesTheFirst) {
  const std::string topic = fresh_topic(2);
  const std::string group = fresh("group");
  GroupMember one{&signal_};
  GroupMember again{&signal_};
  one.join(log_, group, topic, "a");
  poll_until({&one}, [&] { return one.owned.size() == 2; });
  again.join(log_, group, topic, "a");
  poll_until({&again}, [&] { return again.owned.size() == 2; });
  const auto failure = failure_of([&] { poll_until({&one}, [&] { return false; }); });
  EXPECT_EQ(failure, LogFailure::Kind::fenced);
  EXPECT_EQ(one.released, (std::vector<GroupMember::Released>{{{0, 1}, true}}));
  one.leave();
  again.poll();
  EXPECT_EQ(again.owned, (Partitions{0, 1}));
}

TEST_P(LogContract, AMemberThatDoesNotPollLosesItsLeaseAndJoinsAgain) {
  const std::string topic = fresh_topic(2);
  const std::string group = fresh("group");
  GroupMember one{&signal_};
  GroupMember other{&signal_};
  one.join(log_, group, topic);
  other.join(log_, group, topic);
  poll_until({&one, &other}, [&] { return one.owned.size() == 1 && other.owned.size() == 1; });
  const Partitions before = one.owned;
  one.released.clear();
  under_test_->expire(*one.membership);
  poll_until({&other}, [&] { return other.owned.size() == 2; });
  EXPECT_EQ(one.owned, before);  // it does not know yet
  poll_until({&one}, [&] { return !one.released.empty(); });
  ASSERT_FALSE(one.released.empty());
  EXPECT_EQ(one.released.front(), (GroupMember::Released{before, true}));
  poll_until({&one, &other}, [&] { return one.owned.size() == 1 && other.owned.size() == 1; });
}

TEST_P(LogContract, WhatAReleaseThrowsComesOutOfThePoll) {
  const std::string topic = fresh_topic(2);
  const std::string group = fresh("group");
  GroupMember one{&signal_};
  GroupMember other{&signal_};
  one.join(log_, group, topic);
  poll_until({&one}, [&] { return one.owned.size() == 2; });
  other.join(log_, group, topic);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  const auto poll_both = [&] {
    while (std::chrono::steady_clock::now() < deadline) {
      other.poll();
      one.membership->poll([](auto, bool) { throw std::domain_error("killed"); });
      signal_.wait_for(std::chrono::milliseconds(100));
    }
  };
  EXPECT_THROW(poll_both(), std::domain_error);
}

TEST_P(LogContract, AMemberCanBeGoneBeforeItHasJoined) {
  const std::string topic = fresh_topic(2);
  const std::string group = fresh("group");
  for (int i = 0; i < 3; ++i) {
    GroupMember one{&signal_};
    one.join(log_, group, topic);
    if (i > 0) one.poll();
  }
  GroupMember other{&signal_};
  other.join(log_, group, topic);
  poll_until({&other}, [&] { return other.owned.size() == 2; });
  EXPECT_EQ(failure_of([&] { log_.join(group, fresh("absent"), "", signal_); }),
            LogFailure::Kind::refused);
}

}  // namespace
}  // namespace weir
