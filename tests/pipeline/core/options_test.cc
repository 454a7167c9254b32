#include "pipeline/core/options.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

namespace weir {
namespace {

/// Writes one word into every text that it visits, and remembers what stood there.
class Words final : public OptionVisitor {
 public:
  explicit Words(std::string word) : word_(std::move(word)) {}

  bool block(std::string_view, const Rule&, const Inside&) override { return false; }
  void entries(std::string_view, const Rule&, const Entry&) override {}
  bool component(std::string_view, std::span<const Choice>, const Rule&, const Entry&) override {
    return false;
  }
  void components(std::string_view, std::span<const Choice>, const Rule&, const Entry&) override {}
  void fail(std::string_view, const std::string&) override {}
  bool reading() const override { return true; }

  std::string was;

 protected:
  bool scalar(std::string_view, Slot slot, const Rule&, bool) override {
    std::string& text = *std::get<std::string*>(slot);
    was = text;
    text = word_;
    return true;
  }

 private:
  std::string word_;
};

enum class Fruit : std::uint8_t { apple, pear, fig };

using Visited = std::pair<std::string, Fruit>;

/// Visits an option of three words that is `pear`: what stood in its text, and what it became.
Visited visited(const std::string& word) {
  Fruit fruit = Fruit::pear;
  Words words(word);
  words("fruit", fruit, {.doc = "which one", .choices = "apple|pear|fig"});
  return {words.was, fruit};
}

TEST(OptionVisitor, AnEnumIsTheWordAtItsPlaceAmongTheChoices) {
  EXPECT_EQ(visited("apple"), (Visited{"pear", Fruit::apple}));
  EXPECT_EQ(visited("pear"), (Visited{"pear", Fruit::pear}));
  EXPECT_EQ(visited("fig"), (Visited{"pear", Fruit::fig}));
}

TEST(OptionVisitor, AnEnumStaysWhatItIsWhenTheWordIsNoChoice) {
  for (const char* word : {"", "plum", "app", "apple|pear", "pea"})
    EXPECT_EQ(visited(word).second, Fruit::pear) << word;
}

}  // namespace
}  // namespace weir
