#include "pipeline/epochs/epoch_chain.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace weir {
namespace {

const Owner kOwner{"a", "host", 7};

TEST(EpochChain, EachRecordFollowsFromTheOneBefore) {
  EpochChain chain(kOwner);
  EpochRecord first, second;
  const std::string one = chain.seal(first);
  const std::uint64_t between = chain.head();
  const std::string two = chain.seal(second);
  EXPECT_EQ(EpochRecord::read(one, 0), first);
  EXPECT_EQ(EpochRecord::read(two, between), second);
  EXPECT_THROW(EpochRecord::read(two, 0), std::runtime_error);
  EXPECT_EQ(first.epoch, 0U);
  EXPECT_EQ(second.epoch, 1U);
  EXPECT_EQ(chain.next(), 2U);
  EXPECT_EQ(chain.last(), 1U);
  EXPECT_EQ(chain.head(), second.chain);
}

TEST(EpochChain, OnlyTheFirstRecordNamesTheOwnerUnlessAskedTo) {
  EpochChain chain(kOwner);
  EXPECT_FALSE(chain.announced());
  EpochRecord first, second, third;
  third.owner = chain.owner();
  chain.seal(first);
  EXPECT_TRUE(chain.announced());
  chain.seal(second);
  chain.seal(third);
  EXPECT_EQ(first.owner, kOwner);
  EXPECT_EQ(second.owner, std::nullopt);
  EXPECT_EQ(third.owner, kOwner);
}

TEST(EpochChain, ASuccessorContinuesWhereItsPredecessorWas) {
  EpochChain one(kOwner), two(kOwner);
  EpochRecord record;
  one.seal(record);
  two.follow(record);
  EXPECT_EQ(two.next(), 1U);
  EXPECT_EQ(two.head(), one.head());
  EXPECT_FALSE(two.announced()) << "that was another one's";
  EpochRecord mine, theirs;
  one.seal(theirs);
  two.seal(mine);
  EXPECT_EQ(mine.epoch, theirs.epoch);
  EXPECT_NE(mine.chain, theirs.chain) << "it names its owner";
}

TEST(EpochChain, ASnapshotRestartsItAtItsEpoch) {
  EpochChain chain(kOwner);
  EpochRecord record;
  chain.seal(record);
  chain.restart(41, 0xabc, 100);
  EXPECT_EQ(chain.next(), 42U);
  EXPECT_EQ(chain.head(), 0xabcU);
  EXPECT_EQ(chain.last_position(), 100);
}

TEST(EpochChain, ARecordIsLookedForNoLaterThanWhereItIs) {
  EpochChain chain(kOwner);
  chain.reach(10);
  chain.reach(4);  // an older answer
  EXPECT_EQ(chain.position(), 10);
  EpochRecord record;
  chain.seal(record);
  EXPECT_EQ(chain.last_position(), 10);
  chain.reach_before_last(15);  // the log was asked before the record was sent
  EXPECT_EQ(chain.position(), 15);
  EXPECT_EQ(chain.last_position(), 15);
  chain.committed();
  EXPECT_EQ(chain.position(), 16);
  EXPECT_EQ(chain.last_position(), 15);
}

}  // namespace
}  // namespace weir
