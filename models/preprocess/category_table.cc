#include "models/preprocess/category_table.h"

#include <xxhash.h>

#include <algorithm>

namespace weir {

std::size_t CategoryTable::slot_of(std::string_view text) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = XXH3_64bits(text.data(), text.size()) & mask;
  while (slots_[slot] != 0 && texts_[slots_[slot] - 1] != text) slot = (slot + 1) & mask;
  return slot;
}

std::optional<std::uint32_t> CategoryTable::find(std::string_view text) const {
  if (slots_.empty()) return std::nullopt;
  const std::uint32_t at = slots_[slot_of(text)];
  if (at == 0) return std::nullopt;
  return at - 1;
}

CategoryTable::Observed CategoryTable::observe(std::string_view text) {
  if (const auto known = find(text)) {
    if (*known != newest_) {
      unlink(*known);
      link_newest(*known);
    }
    return {.place = *known};
  }
  if (!full()) {
    const auto place = static_cast<std::uint32_t>(texts_.size());
    texts_.emplace_back(text);
    older_.push_back(kNone);
    newer_.push_back(kNone);
    if (2 * texts_.size() > slots_.size())
      rebuild(std::max<std::size_t>(16, slots_.size() * 2));
    else
      enter(place);
    link_newest(place);
    return {.place = place, .is_new = true};
  }
  const std::uint32_t place = oldest_;
  erase(place);
  unlink(place);
  texts_[place] = text;
  enter(place);
  link_newest(place);
  return {.place = place, .is_new = true, .took_over = true};
}

void CategoryTable::enter(std::uint32_t place) { slots_[slot_of(texts_[place])] = place + 1; }

/// Frees the slot of a text, and moves up those that a look-up would no longer find.
void CategoryTable::erase(std::uint32_t place) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t hole = slot_of(texts_[place]);
  slots_[hole] = 0;
  for (std::size_t next = (hole + 1) & mask; slots_[next] != 0; next = (next + 1) & mask) {
    const std::string& text = texts_[slots_[next] - 1];
    const std::size_t home = XXH3_64bits(text.data(), text.size()) & mask;
    if (((next - home) & mask) < ((next - hole) & mask)) continue;
    slots_[hole] = slots_[next];
    slots_[next] = 0;
    hole = next;
  }
}

void CategoryTable::rebuild(std::size_t slots) {
  slots_.assign(slots, 0);
  for (std::uint32_t place = 0; place < texts_.size(); ++place) enter(place);
}

void CategoryTable::unlink(std::uint32_t place) {
  const std::uint32_t older = older_[place], newer = newer_[place];
  (older == kNone ? oldest_ : newer_[older]) = newer;
  (newer == kNone ? newest_ : older_[newer]) = older;
}

void CategoryTable::link_newest(std::uint32_t place) {
  older_[place] = newest_;
  newer_[place] = kNone;
  (newest_ == kNone ? oldest_ : newer_[newest_]) = place;
  newest_ = place;
}

void CategoryTable::state(StateVisitor& visit) {
  std::vector<std::uint32_t> order;  // from the oldest
  if (!visit.loading())
    for (std::uint32_t place = oldest_; place != kNone; place = newer_[place])
      order.push_back(place);
  visit(texts_, order);
  if (!visit.loading()) return;
  std::vector<bool> seen(texts_.size());
  for (const std::uint32_t place : order) {
    if (place >= texts_.size() || seen[place])
      throw StateError("categories: the order is not one of the texts");
    seen[place] = true;
  }
  if (texts_.size() > max_ || order.size() != texts_.size())
    throw StateError("categories: the state has more texts than there may be");
  std::size_t slots = 16;
  while (slots < 2 * texts_.size()) slots *= 2;
  rebuild(slots);
  older_.assign(texts_.size(), kNone);
  newer_.assign(texts_.size(), kNone);
  oldest_ = newest_ = kNone;
  for (const std::uint32_t place : order) link_newest(place);
}

}  // namespace weir
