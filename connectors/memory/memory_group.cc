#include "connectors/memory/memory_group.h"

#include <algorithm>
#include <tuple>

#include "pipeline/core/check.h"

namespace weir {

const MemoryGroup::Place* MemoryGroup::place_of(Member member) const {
  const auto found = std::find_if(places_.begin(), places_.end(),
                                  [&](const Place& place) { return place.member == member; });
  return found == places_.end() ? nullptr : &*found;
}

MemoryGroup::Place* MemoryGroup::place_of(Member member) {
  return const_cast<Place*>(std::as_const(*this).place_of(member));
}

MemoryGroup::Member MemoryGroup::enter(const std::string& instance, Signal& signal) {
  const Member member = ++last_;
  const auto known = std::find_if(places_.begin(), places_.end(), [&](const Place& place) {
    return !instance.empty() && place.instance == instance;
  });
  if (known == places_.end()) {
    places_.push_back({member, instance, &signal});
    // Those with an instance first, by its name, so that who comes back shares as before.
    std::sort(places_.begin(), places_.end(), [](const Place& a, const Place& b) {
      return std::tuple(a.instance.empty(), std::string_view(a.instance), a.member) <
             std::tuple(b.instance.empty(), std::string_view(b.instance), b.member);
    });
    begin_rebalance();
    return member;
  }
  fenced_.insert(known->member);
  if (known->signal != nullptr) known->signal->notify();
  known->member = member;
  known->signal = &signal;
  known->taken = false;
  if (known->releasing) {
    known->releasing = false;
    known->partitions.clear();
    share_out_when_released();
  }
  return member;
}

void MemoryGroup::leave(Member member, bool told) {
  fenced_.erase(member);
  Place* place = place_of(member);
  if (place == nullptr) return;
  place->signal = nullptr;
  if (told && place->instance.empty()) expire(member);
}

void MemoryGroup::expire(Member member) {
  if (place_of(member) == nullptr) return;
  if (Signal* signal = place_of(member)->signal) signal->notify();
  std::erase_if(places_, [&](const Place& place) { return place.member == member; });
  begin_rebalance();
}

void MemoryGroup::expire_gone() {
  if (std::erase_if(places_, [](const Place& place) { return place.signal == nullptr; }) > 0)
    begin_rebalance();
}

MemoryGroup::Standing MemoryGroup::standing(Member member) const {
  if (fenced_.contains(member)) return Standing::fenced;
  const Place* place = place_of(member);
  if (place == nullptr) return Standing::absent;
  if (place->releasing) return Standing::releasing;
  return rebalancing_ ? Standing::waiting : Standing::assigned;
}

void MemoryGroup::released(Member member) {
  Place* place = place_of(member);
  if (place == nullptr || !place->releasing) return;
  place->releasing = false;
  place->partitions.clear();
  share_out_when_released();
}

std::span<const std::int32_t> MemoryGroup::take(Member member) {
  Place* place = place_of(member);
  check(place != nullptr && !rebalancing_, "only an assigned member has partitions to take");
  place->taken = true;
  return place->partitions;
}

void MemoryGroup::begin_rebalance() {
  rebalancing_ = true;
  for (Place& place : places_) {
    place.releasing = place.taken && !place.partitions.empty();
    if (!place.releasing) place.partitions.clear();
    if (place.signal != nullptr) place.signal->notify();
  }
  share_out_when_released();
}

void MemoryGroup::share_out_when_released() {
  const bool waits = std::any_of(places_.begin(), places_.end(),
                                 [](const Place& place) { return place.releasing; });
  if (!rebalancing_ || waits) return;
  rebalancing_ = false;
  const auto count = static_cast<std::int32_t>(places_.size());
  std::int32_t next = 0;
  for (std::int32_t i = 0; i < count; ++i) {
    Place& place = places_[static_cast<std::size_t>(i)];
    place.taken = false;
    place.partitions.clear();
    const std::int32_t share = partitions_ / count + (i < partitions_ % count ? 1 : 0);
    for (std::int32_t end = next + share; next < end; ++next) place.partitions.push_back(next);
    if (place.signal != nullptr) place.signal->notify();
  }
}

}  // namespace weir
