#include "operators/rows/passed_rows.h"

#include <gtest/gtest.h>

#include "tests/operators/literal_rows.h"

namespace weir {
namespace {

class PassedRows : public testing::Test {
 protected:
  Batch pass(const std::vector<std::uint32_t>& kept, std::vector<bool> needed = {true, true}) {
    Batch out{.schema = &schema_};
    pass_rows(in_, kept, needed, arena_, out);
    return out;
  }

  const Schema schema_{{{"x", Type::number}, {"name", Type::text}}};
  Arena arena_;
  const std::vector<InputRow> rows_ = {{0, {cell(1.0), cell("a")}},
                                       {0, {}, InputRow::kTick},
                                       {1, {missing(), cell("b")}},
                                       {2, {cell(3.0), missing()}}};
  const Batch in_ = batch_of(schema_, rows_, 0, arena_);
};

TEST_F(PassedRows, HaveTheValuesAndPositionsOfThoseKept) {
  const Batch out = pass({0, 2});
  ASSERT_EQ(out.rows, 2u);
  EXPECT_EQ(out.positions[0], 0u);
  EXPECT_EQ(out.positions[1], 3u);
  EXPECT_EQ(cell_of(out, 0, 0), cell(1.0));
  EXPECT_EQ(cell_of(out, 1, 0), cell("a"));
  EXPECT_EQ(cell_of(out, 0, 1), cell(3.0));
  EXPECT_EQ(cell_of(out, 1, 1), missing());
}

TEST_F(PassedRows, AreBorrowedWhenAllAreKept) {
  const Batch out = pass({0, 1, 2});
  EXPECT_EQ(out.rows, 3u);
  EXPECT_EQ(out.columns, in_.columns);
  EXPECT_EQ(out.positions, in_.positions);
}

TEST_F(PassedRows, MayBeNone) { EXPECT_EQ(pass({}).rows, 0u); }

TEST_F(PassedRows, LeaveColumnsNullThatNobodyReadsOrThatWereNull) {
  EXPECT_EQ(cell_of(pass({0}, {false, true}), 0, 0), missing());
  EXPECT_EQ(cell_of(pass({0}, {false, true}), 1, 0), cell("a"));
  const std::vector<Column> null(2);
  Batch without = in_;
  without.columns = null.data();
  Batch out{.schema = &schema_};
  pass_rows(without, std::vector<std::uint32_t>{1}, {true, true}, arena_, out);
  EXPECT_EQ(cell_of(out, 0, 0), missing());
  EXPECT_EQ(cell_of(out, 1, 0), missing());
}

}  // namespace
}  // namespace weir
