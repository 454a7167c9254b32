#include "pipeline/core/bounded_text.h"

#include <xxhash.h>

#include <cstring>

namespace weir {

std::string_view cut_text(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  return text.substr(0, most);
}

void BoundedText::shorten() {
  XXH128_canonical_t hash;
  XXH128_canonicalFromHash(&hash, XXH3_128bits(text_.data(), text_.size()));
  bytes_[0] = static_cast<char>(0xff);
  static_assert(sizeof hash + 1 == sizeof bytes_);
  std::memcpy(bytes_.data() + 1, &hash, sizeof hash);
  text_ = {bytes_.data(), bytes_.size()};
}

}  // namespace weir
