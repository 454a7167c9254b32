// Fencing: of two writers of one identity only the newer commits.
#include <gtest/gtest.h>

#include <string>

#include "tests/connectors/log_contract/log_contract.h"

namespace weir {
namespace {

TEST_P(LogContract, ANewWriterFencesTheOlderOfItsIdentity) {
  const std::string topic = fresh_topic();
  const std::string identity = fresh("writer");
  const auto older = log_.writer(identity, {topic});
  ASSERT_EQ(commit(*older, outbox({"of the older"})), Commit::done);
  const auto newer = log_.writer(identity, {topic});
  EXPECT_EQ(commit(*older, outbox({"too late"})), Commit::fenced);
  EXPECT_EQ(commit(*newer, outbox({"of the newer"})), Commit::done);
  EXPECT_EQ(values_of(read(topic)), (RecordValues{"of the older", "of the newer"}));
}

TEST_P(LogContract, WritersOfOtherIdentitiesDoNotFence) {
  const std::string topic = fresh_topic();
  const auto one = log_.writer(fresh("writer"), {topic});
  const auto other = log_.writer(fresh("writer"), {topic});
  EXPECT_EQ(commit(*one, outbox({"a"})), Commit::done);
  EXPECT_EQ(commit(*other, outbox({"b"})), Commit::done);
  EXPECT_EQ(values_of(read(topic)), (RecordValues{"a", "b"}));
}

TEST_P(LogContract, AtLeastOnceANewerWriterKeepsOutTheEpochOfTheOlder) {
  const std::string outputs = fresh_topic();
  const std::string epochs = fresh_topic();
  for (const Delivery delivery : {Delivery::at_least_once, Delivery::exactly_once}) {
    const std::string identity = fresh("writer");
    const auto older = log_.writer(identity, {outputs, epochs}, Delivery::at_least_once);
    const auto newer = log_.writer(identity, {outputs, epochs}, delivery);
    const std::size_t before = read(epochs).size();
    Outbox records;
    records.add(0, 0, "key", "output");
    records.add(1, 0, "key", "epoch");
    EXPECT_EQ(commit(*newer, records), Commit::done);
    EXPECT_EQ(commit(*older, records), Commit::fenced);
    EXPECT_EQ(read(epochs).size(), before + 1);
  }
  EXPECT_EQ(read(outputs).size(), 4U);
}

TEST_P(LogContract, PlainlyNobodyIsFenced) {
  const std::string topic = fresh_topic();
  const std::string identity = fresh("writer");
  const auto transactional = log_.writer(identity, {topic});
  const auto older = log_.writer(identity, {topic}, Delivery::plain);
  const auto newer = log_.writer(identity, {topic}, Delivery::plain);
  EXPECT_EQ(commit(*older, outbox({"a"})), Commit::done);
  EXPECT_EQ(commit(*newer, outbox({"b"})), Commit::done);
  EXPECT_EQ(commit(*older, outbox({"c"})), Commit::done);
  EXPECT_EQ(commit(*transactional, outbox({"d"})), Commit::done);
  EXPECT_EQ(values_of(read(topic)), (RecordValues{"a", "b", "c", "d"}));
}

}  // namespace
}  // namespace weir
