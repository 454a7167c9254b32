// What every operator of the table must do, whatever it does to rows.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "operators/registry.h"
#include "tests/harness/contradictions.h"

namespace weir {
namespace {

TEST(OperatorTable, IsSortedByNameAndDocumented) {
  const auto rows = operator_types();
  EXPECT_TRUE(std::ranges::is_sorted(rows, {}, &OperatorType::name));
  for (const OperatorType& row : rows) {
    EXPECT_FALSE(row.doc.empty()) << row.name;
    EXPECT_EQ(row.make == nullptr, !row.later.empty()) << row.name;
  }
}

TEST(OperatorTable, HasOptionsWhoseDefaultsObeyTheirOwnRules) {
  for (const OperatorType& row : operator_types()) {
    if (!row.make) continue;
    EXPECT_EQ(contradictions([&](OptionVisitor& option) { row.make()->describe(option); }),
              std::vector<std::string>{})
        << row.name;
  }
}

}  // namespace
}  // namespace weir
