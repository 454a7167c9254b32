#include "pipeline/core/text_index.h"

#include <xxhash.h>

#include <algorithm>

namespace weir {

std::size_t TextIndex::slot_of(std::string_view text) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = XXH3_64bits(text.data(), text.size()) & mask;
  while (slots_[slot] != 0 && texts_[slots_[slot] - 1] != text) slot = (slot + 1) & mask;
  return slot;
}

void TextIndex::grow() {
  slots_.assign(std::max<std::size_t>(16, slots_.size() * 2), 0);
  for (std::uint32_t i = 0; i < texts_.size(); ++i) slots_[slot_of(texts_[i])] = i + 1;
}

std::optional<std::uint32_t> TextIndex::find(std::string_view text) const {
  if (slots_.empty()) return std::nullopt;
  const std::uint32_t at = slots_[slot_of(text)];
  if (at == 0) return std::nullopt;
  return at - 1;
}

std::uint32_t TextIndex::add(std::string_view text) {
  if (2 * (texts_.size() + 1) > slots_.size()) grow();
  const std::size_t slot = slot_of(text);
  if (slots_[slot] == 0) {
    texts_.emplace_back(text);
    slots_[slot] = static_cast<std::uint32_t>(texts_.size());
  }
  return slots_[slot] - 1;
}

void TextIndex::state(StateVisitor& visit) {
  visit(texts_);
  if (!visit.loading()) return;
  slots_.clear();
  while (slots_.size() < 2 * (texts_.size() + 1)) {
    slots_.resize(std::max<std::size_t>(16, slots_.size() * 2));
  }
  std::fill(slots_.begin(), slots_.end(), 0);
  for (std::uint32_t i = 0; i < texts_.size(); ++i) slots_[slot_of(texts_[i])] = i + 1;
}

}  // namespace weir
