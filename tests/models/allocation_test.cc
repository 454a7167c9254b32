#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <vector>

#include "tests/models/members.h"
#include "tests/models/models.h"

namespace {

std::size_t allocations = 0;  // of the whole program, counted below

}  // namespace

// Not inline: g++ would see free() on a pointer from new and warn.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace weir {
namespace {

TEST(Model, AllocatesNothingPerRowOnceItHasSeenItsTextsAndClasses) {
  for (const Member& member : members()) {
    auto model = make_model(member.steps, member.task, member_features());
    MemberRows rows(1, member.task);
    std::vector<double> scores;
    std::size_t before = 0;
    for (int i = 0; i < 20'000; ++i) {
      if (i == 10'000) before = allocations;
      rows.next();
      model->predict_one(rows.features(), scores);
      model->observe_one(rows.features());
      model->learn_one(rows.features(), rows.y(), 1);
    }
    EXPECT_EQ(allocations, before) << member.name;
  }
}

}  // namespace
}  // namespace weir
