#include "pipeline/shard/dead_letter_digest.h"

#include <gtest/gtest.h>

#include <string>

namespace weir {
namespace {

void add(DeadLetterDigest& digest, std::int64_t offset, Reason reason, const std::string& field,
         const std::string& text) {
  Record record;
  record.offset = offset;
  digest.add(1, 2, record, {reason, field, text});
}

TEST(DeadLetterDigest, NamesTheCommonestFieldAndTheFirstRecordOfEachReason) {
  DeadLetterDigest digest;
  EXPECT_TRUE(digest.groups().empty());
  add(digest, 4, Reason::type, "country", "`7` is no text");
  add(digest, 9, Reason::json, "", "it ends too early");
  add(digest, 5, Reason::type, "amount", "`x` is no number");
  add(digest, 6, Reason::type, "amount", "`y` is no number");
  const auto groups = digest.groups();
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(digest_text(groups[0], "row 10 of a.json"),
            "1 json; the first is row 10 of a.json: it ends too early");
  EXPECT_EQ(digest_text(groups[1], "row 5 of a.json"),
            "3 type, mostly of field amount (2); the first is row 5 of a.json: country: `7` is no "
            "text");
  EXPECT_EQ(groups[1].first->source, 1u);
  EXPECT_EQ(groups[1].first->partition, 2);
  EXPECT_EQ(groups[1].first->offset, 4);
}

TEST(DeadLetterDigest, ShowsNoValueOfAFieldThatMayBeSecret) {
  for (const char* field : {"password", "user.Passwort", "api_key", "accessToken", "PIN"}) {
    DeadLetterDigest digest;
    add(digest, 0, Reason::type, field, "`hunter2` is no number");
    EXPECT_EQ(digest.groups()[0].first->text, std::string(field) + ": ***");
  }
  DeadLetterDigest digest;
  add(digest, 0, Reason::type, "shipping", "`x` is no number");
  EXPECT_EQ(digest.groups()[0].first->text, "shipping: `x` is no number");
}

TEST(DeadLetterDigest, IsBoundedHoweverManyFieldsAndHoweverLongTexts) {
  DeadLetterDigest digest;
  add(digest, 0, Reason::type, "x", std::string(100'000, 'v'));
  EXPECT_LT(digest.groups()[0].first->text.size(), 300u);
  for (int i = 0; i < 1'000; ++i)
    add(digest, i, Reason::range, "field" + std::to_string(i), "too large");
  EXPECT_EQ(digest.count(Reason::range), 1'000u);
  EXPECT_EQ(digest.groups()[1].of_field, 1u);
}

TEST(DeadLetterDigest, CountsRowsOfSinksWithoutAPlace) {
  DeadLetterDigest digest;
  digest.add_row(Reason::output_too_large);
  ASSERT_EQ(digest.groups().size(), 1u);
  EXPECT_EQ(digest_text(digest.groups()[0], ""), "1 output_too_large");
}

}  // namespace
}  // namespace weir
