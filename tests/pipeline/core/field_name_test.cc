#include "pipeline/core/field_name.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(FieldName, StartsWithALetterOrUnderscore) {
  for (const char* name : {"a", "Z", "_", "_x-1", "amount_log", "p_yes-no"})
    EXPECT_TRUE(is_field_name(name)) << name;
  for (const char* name : {"", "1a", "-a", "a.b", "a b", "caf\xc3\xa9"})
    EXPECT_FALSE(is_field_name(name)) << name;
}

}  // namespace
}  // namespace weir
