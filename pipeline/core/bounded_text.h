#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace weir {

/// The longest beginning of a text that has at most so many bytes and ends with a whole character.
std::string_view cut_text(std::string_view text, std::size_t most);

/// A text as a state keeps it as an identity (a key, a category): a short one as it is, a longer
/// one as 17 bytes that stand for it, so that the bytes of a state have a bound.
///
/// Those bytes are 0xff, with which no UTF-8 text begins, and the 128-bit XXH3 of the text. Two
/// texts in 2^64 have the same.
class BoundedText {
 public:
  static constexpr std::size_t kLongest = 256;  // bytes that are kept as they are

  /// `text` must outlive it.
  explicit BoundedText(std::string_view text) : text_(text) {
    if (text.size() > kLongest) shorten();
  }
  BoundedText(const BoundedText&) = delete;
  BoundedText& operator=(const BoundedText&) = delete;

  std::string_view view() const { return text_; }

 private:
  void shorten();

  std::string_view text_;
  std::array<char, 17> bytes_;
};

}  // namespace weir
