// Deliveries: at least once, outputs are written before their epoch and without a transaction.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/connectors/log_contract/log_contract.h"

namespace weir {
namespace {

TEST_P(LogContract, AtLeastOnceTheOutputsAreInTheLogBeforeTheirEpoch) {
  const std::string outputs = fresh_topic(2);
  const std::string epochs = fresh("epochs");
  log_.create_topic(epochs, 1, {{"max.message.bytes", "1000"}});
  const auto writer = log_.writer(fresh("writer"), {outputs, epochs}, Delivery::at_least_once);
  Outbox records;
  records.add(1, 0, "key", std::string(2000, 'x'));  // added first, sent last; refused
  records.add(0, 0, "key", "one");
  records.add(0, 1, "key", "two");
  EXPECT_EQ(failure_of([&] { commit(*writer, records); }), LogFailure::Kind::refused);
  EXPECT_EQ(values_of(read(outputs, 0)), RecordValues{"one"});
  EXPECT_EQ(values_of(read(outputs, 1)), RecordValues{"two"});
  EXPECT_TRUE(read(epochs).empty());
}

TEST_P(LogContract, AtLeastOnceOutputsPrecedeTheTransactionOfTheEpoch) {
  const std::string outputs = fresh_topic();
  const std::string epochs = fresh_topic();
  const std::string group = fresh("group");
  const auto writer = log_.writer(group + ".0", {outputs, epochs}, Delivery::at_least_once);
  for (const std::string number : {"1", "2"}) {
    Outbox records;
    records.add(0, 0, "key", "a" + number);
    records.add(0, 0, "key", "b" + number, std::vector<Header>{{"name", "value"}});
    records.add(1, 0, "key", "epoch " + number);
    ASSERT_EQ(commit(*writer, records, {{outputs, 0, std::stoi(number)}}), Commit::done);
  }
  EXPECT_EQ(values_of(read(outputs)), (RecordValues{"a1", "b1", "a2", "b2"}));
  EXPECT_EQ(values_of(read(epochs)), (RecordValues{"epoch 1", "epoch 2"}));
  EXPECT_EQ(log_.offsets(outputs, 0).end, 4);  // no gaps
  EXPECT_GT(log_.offsets(epochs, 0).end, 2);
  EXPECT_EQ(under_test_->committed(group, outputs, 0), 2);
}

}  // namespace
}  // namespace weir
