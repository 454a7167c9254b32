#include "pipeline/shard/field_rules.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir {
namespace {

FieldSpec number(const std::string& name, bool identity) {
  FieldSpec field;
  field.field = {name, Type::number};
  field.identity = identity;
  return field;
}

/// What is wrong with a row of these numbers; empty: nothing.
std::string wrong(const std::vector<FieldSpec>& fields, std::vector<double> row) {
  std::vector<MutableColumn> columns;
  for (double& value : row) columns.emplace_back(&value);
  const FieldRules rules(fields);
  BadRecord bad;
  if (rules.hold(columns, 0, bad)) return {};
  return std::string(reason_name(bad.reason)) + ": " + bad.field + ": " + bad.text;
}

const std::vector<FieldSpec> kFields = {number("amount", false), number("id", true)};

TEST(FieldRules, AnIdFrom2To53OnIsOutOfRange) {
  EXPECT_EQ(wrong(kFields, {1, 0x1p53}),
            "range: id: 9007199254740992 is beyond 2^53, where different numbers become one: "
            "declare the field `text`");
  EXPECT_NE(wrong(kFields, {1, -0x1p53}), "");
  EXPECT_NE(wrong(kFields, {1, 1e300}), "");
  EXPECT_EQ(wrong(kFields, {1, 0x1p53 - 1}), "");
  EXPECT_EQ(wrong(kFields, {1, 1 - 0x1p53}), "");
}

TEST(FieldRules, ALabelThatIsNoneOfTheClassesIsRefused) {
  FieldSpec label;
  label.field = {"kind", Type::text};
  const auto complaint = [&](std::string_view text) {
    const std::vector<FieldSpec> fields{label};
    std::vector<MutableColumn> columns{&text};
    BadRecord bad;
    if (FieldRules(fields).hold(columns, 0, bad)) return std::string();
    return std::string(reason_name(bad.reason)) + ": " + bad.field + ": " + bad.text;
  };
  EXPECT_EQ(complaint("strange"), "") << "any, unless it is asked";
  label.classes = {"high", "low"};
  EXPECT_EQ(complaint("low"), "");
  EXPECT_EQ(complaint("high"), "");
  EXPECT_EQ(complaint({}), "") << "missing";
  EXPECT_EQ(complaint("strange"), "label_class: kind: strange is not one of `classes`");
  EXPECT_EQ(complaint(""), "label_class: kind:  is not one of `classes`");
  EXPECT_LT(complaint(std::string(10'000, 'x')).size(), 150u);
}

TEST(FieldRules, AMissingIdAndALargeNumberThatIsNoIdAreNot) {
  EXPECT_EQ(wrong(kFields, {1e300, 1}), "");
  EXPECT_EQ(wrong(kFields, {1, kMissing}), "");
}

}  // namespace
}  // namespace weir
