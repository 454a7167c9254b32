#include "pipeline/epochs/cursor.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Cursor, AnInputThatIsNotInItHasNoOffset) {
  Cursor cursor({{{"events", 0}, 5}});
  EXPECT_EQ(cursor.at("events", 0), 5);
  EXPECT_EQ(cursor.at("events", 1), std::nullopt);
  EXPECT_EQ(cursor.at("labels", 0), std::nullopt);
  EXPECT_EQ(Cursor().at("", 0), std::nullopt);
}

TEST(Cursor, KeepsTheOrderInWhichInputsWereAdded) {
  Cursor cursor;
  cursor.set("labels", 1, 7);
  cursor.set("events", 0, 3);
  cursor.set("labels", 1, 9);
  EXPECT_EQ(cursor.entries(),
            (std::vector<Cursor::Entry>{{{"labels", 1}, 9}, {{"events", 0}, 3}}));
}

TEST(Cursor, IsSetBackButAdvancesOnlyForward) {
  Cursor cursor({{{"events", 0}, 5}});
  cursor.advance("events", 0, 4);
  EXPECT_EQ(cursor.at("events", 0), 5);
  cursor.advance("events", 0, 8);
  EXPECT_EQ(cursor.at("events", 0), 8);
  cursor.set("events", 0, 2);
  EXPECT_EQ(cursor.at("events", 0), 2);
  cursor.advance("events", 1, 1);
  EXPECT_EQ(cursor.at("events", 1), 1);
}

TEST(Cursor, IsPastAnotherOnceEveryInputOfItIs) {
  const Cursor suspects({{{"events", 0}, 5}, {{"events", 1}, 9}});
  EXPECT_FALSE(Cursor({{{"events", 0}, 5}, {{"events", 1}, 8}}).is_past(suspects));
  EXPECT_TRUE(Cursor({{{"events", 0}, 5}, {{"events", 1}, 9}}).is_past(suspects));
  EXPECT_TRUE(Cursor({{{"events", 1}, 10}, {{"events", 0}, 7}}).is_past(suspects));
  EXPECT_TRUE(Cursor({{{"events", 0}, 0}}).is_past({}));
}

TEST(Cursor, AnInputThatIsNoLongerReadHoldsNothingUp) {
  const Cursor suspects({{{"gone", 0}, 5}, {{"events", 0}, 9}});
  EXPECT_TRUE(Cursor({{{"events", 0}, 9}}).is_past(suspects));
  EXPECT_FALSE(Cursor({{{"events", 0}, 8}}).is_past(suspects));
}

}  // namespace
}  // namespace weir
