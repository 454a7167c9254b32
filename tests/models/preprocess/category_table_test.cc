#include "models/preprocess/category_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "pipeline/core/splitmix64.h"
#include "tests/models/models.h"

namespace weir {
namespace {

/// The same in the simplest way: places, and the texts from the one observed last.
struct Simple {
  std::size_t max;
  std::vector<std::string> places;
  std::vector<std::string> recent;

  CategoryTable::Observed observe(const std::string& text) {
    const auto known = std::ranges::find(places, text);
    CategoryTable::Observed seen{.place = static_cast<std::uint32_t>(known - places.begin())};
    seen.is_new = known == places.end();
    if (seen.is_new && places.size() == max) {
      const auto oldest = std::ranges::find(places, recent.back());
      seen.place = static_cast<std::uint32_t>(oldest - places.begin());
      seen.took_over = true;
      *oldest = text;
      recent.pop_back();
    } else if (seen.is_new) {
      places.push_back(text);
    }
    std::erase(recent, text);
    recent.insert(recent.begin(), text);
    return seen;
  }
};

TEST(CategoryTable, AgreesWithTheSimplestOne) {
  for (const std::size_t max : {1, 2, 7, 16, 100}) {
    CategoryTable table(max);
    Simple simple{max, {}, {}};
    SplitMix64 random(max);
    for (int i = 0; i < 20'000; ++i) {
      const std::string text = std::to_string(random.next() % (3 * max) * (random.next() % 2));
      const auto expected = simple.observe(text), seen = table.observe(text);
      ASSERT_EQ(seen.place, expected.place) << i;
      ASSERT_EQ(seen.is_new, expected.is_new) << i;
      ASSERT_EQ(seen.took_over, expected.took_over) << i;
      if (i % 97 != 0) continue;
      CategoryTable fresh(max);
      load(fresh, saved(table));
      table = fresh;
      for (std::size_t n = 0; n <= 3 * max; ++n) {
        const std::string known = std::to_string(n);
        const auto place = std::ranges::find(simple.places, known);
        ASSERT_EQ(table.find(known).has_value(), place != simple.places.end()) << known;
      }
    }
    EXPECT_EQ(table.size(), simple.places.size());
  }
}

TEST(CategoryTable, RefusesAStateOfMoreTextsOrOfAnotherOrder) {
  CategoryTable wide(3), narrow(2);
  for (const char* text : {"a", "b", "c"}) wide.observe(text);
  EXPECT_THROW(load(narrow, saved(wide)), StateError);
}

}  // namespace
}  // namespace weir
