#include "pipeline/runner/dead_letter_teller.h"

#include <gtest/gtest.h>

#include "tests/harness/file_shard.h"

namespace weir {
namespace {

using namespace engine_test;

TEST(DeadLetterTeller, ReportsTheFirstOfEachReasonAndThenTenTimesAsMany) {
  FileShard scene;
  const auto machine = scene.machine();
  DeadLetterDigest digest;
  DeadLetterTeller teller;
  Notices notices;
  const auto tell = [&](int more, Reason reason) {
    Record record;
    record.offset = 7;
    for (int i = 0; i < more; ++i)
      digest.add(0, 0, record, {reason, "amount", "`x` is no number"});
    teller.tell(digest, machine->pipeline(), notices);
    return notices.take();
  };
  EXPECT_TRUE(tell(0, Reason::type).empty());
  const auto first = tell(1, Reason::type);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].level, Notice::Level::warning);
  EXPECT_EQ(first[0].text,
            "dead letters: 1 type, all of field amount; the first is offset 7 of events [0]: "
            "amount: `x` is no number");
  EXPECT_TRUE(tell(9, Reason::type).empty()) << "more than ten times as many, not ten";
  EXPECT_EQ(tell(1, Reason::type).size(), 1u);
  EXPECT_TRUE(tell(90, Reason::type).empty());
  EXPECT_EQ(tell(1, Reason::range).size(), 1u) << "another reason";
}

}  // namespace
}  // namespace weir
