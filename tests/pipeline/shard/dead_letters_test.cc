#include "pipeline/shard/dead_letters.h"

#include <gtest/gtest.h>

#include <string>

#include "pipeline/core/state_visitors.h"

namespace weir {
namespace {

class DeadLettersTest : public testing::Test {
 protected:
  DeadLettersTest() { letters_.write_to(outbox_); }

  static Record record(std::string_view key, std::string_view value) {
    Record one;
    one.offset = 17;
    one.key = key;
    one.has_key = true;
    one.value = value;
    return one;
  }
  static BadRecord bad(Reason reason, std::string field, std::string text) {
    return {reason, std::move(field), std::move(text)};
  }
  std::string header(std::size_t entry, std::string_view name) const {
    for (const Header& header : outbox_.headers(outbox_.entries()[entry]))
      if (header.name == name) return std::string(header.value);
    return "none";
  }

  Outbox outbox_;
  DeadLetters letters_{{3, 2, {"payments", "labels"}}};
};

TEST_F(DeadLettersTest, KeepTheRecordItsReasonAndWhereItCameFrom) {
  letters_.add(1, 5, record("card", "{\"amount\":"), bad(Reason::json, "", "it ends too early"));
  letters_.add(0, 4, record("card", "{}"), bad(Reason::missing, "amount", "required"));
  ASSERT_EQ(outbox_.entries().size(), 2u);
  const Outbox::Entry& first = outbox_.entries()[0];
  EXPECT_EQ(first.topic, 3u);
  EXPECT_EQ(first.partition, 1) << "the record's own, as far as the topic has it";
  EXPECT_EQ(outbox_.key(first), "card");
  EXPECT_EQ(outbox_.value(first), "{\"amount\":");
  EXPECT_EQ(header(0, "weir-error"), "json: it ends too early");
  EXPECT_EQ(header(0, "weir-source-topic"), "labels");
  EXPECT_EQ(header(0, "weir-source-partition"), "5");
  EXPECT_EQ(header(0, "weir-source-offset"), "17");
  EXPECT_EQ(header(0, "weir-bytes"), "none");
  EXPECT_EQ(header(1, "weir-error"), "missing: amount: required");
  EXPECT_EQ(letters_.count(Reason::json), 1u);
  EXPECT_EQ(letters_.count(Reason::missing), 1u);
  EXPECT_EQ(letters_.count(Reason::type), 0u);
}

TEST_F(DeadLettersTest, KeepARecordWithoutKeyOrValueAsItWas) {
  Record none;
  none.has_value = false;
  letters_.add(0, 0, none, bad(Reason::null, "", "no value"));
  EXPECT_FALSE(outbox_.entries()[0].has_key);
  EXPECT_FALSE(outbox_.entries()[0].has_value);
}

TEST_F(DeadLettersTest, AreCutToWhatTheLogTakesAndSayHowLongTheyWere) {
  letters_.limit_records(1'000);
  const std::string long_key(900, 'k'), value(5'000, 'v');
  letters_.add(0, 0, record(long_key, value), bad(Reason::too_large, "", "over the limit"));
  const Outbox::Entry& entry = outbox_.entries()[0];
  EXPECT_GT(outbox_.value(entry).size(), 100u);
  EXPECT_LE(outbox_.key(entry).size() + outbox_.value(entry).size() + entry.headers_size, 1'000u);
  EXPECT_EQ(header(0, "weir-bytes"), "5000");
  // However much the log takes, so much of a record is enough.
  letters_.limit_records(10'000'000);
  const std::string huge(3 << 20, 'v');
  letters_.add(0, 0, record("k", huge), bad(Reason::too_large, "", "over the limit"));
  EXPECT_EQ(outbox_.value(outbox_.entries()[1]).size(), 256u << 10);
}

TEST_F(DeadLettersTest, TakeARowThatIsTooLargeToBeWritten) {
  letters_.add_row("", "{}");
  EXPECT_FALSE(outbox_.entries()[0].has_key);
  EXPECT_EQ(outbox_.entries()[0].partition, 0);
  EXPECT_TRUE(header(0, "weir-error").starts_with("output_too_large: "));
  EXPECT_EQ(letters_.count(Reason::output_too_large), 1u);
}

TEST_F(DeadLettersTest, RecordsThatASourceSkipsAreOnlyCounted) {
  letters_.add(0, 0, record("k", ""), bad(Reason::tombstone, "", "no value"));
  letters_.add(0, 0, record("k", "{}"), bad(Reason::deleted, "", "a delete"));
  EXPECT_TRUE(outbox_.entries().empty());
  EXPECT_EQ(letters_.count(Reason::tombstone), 1u);
  EXPECT_EQ(letters_.count(Reason::deleted), 1u);
}

TEST_F(DeadLettersTest, CountsAreSavedByTheNamesOfTheirReasons) {
  letters_.add(0, 0, record("k", "v"), bad(Reason::json, "", "x"));
  letters_.add(0, 0, record("k", "v"), bad(Reason::range, "", "x"));
  std::string bytes;
  StateWriter writer(bytes);
  letters_.state(writer);
  bytes.replace(bytes.find("json"), 4, "lost");  // a reason of another program
  DeadLetters other({0, 1, {}});
  StateReader reader(bytes);
  other.state(reader);
  EXPECT_EQ(reader.left(), 0u);
  EXPECT_EQ(other.count(Reason::json), 0u);
  EXPECT_EQ(other.count(Reason::range), 1u);
}

}  // namespace
}  // namespace weir
