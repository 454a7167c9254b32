#include "operators/features/aggregate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "pipeline/core/bounded_text.h"

namespace weir {
namespace {

// `lag` by rows keeps each of them; more are a window of time.
constexpr std::int64_t kMostRowsBack = 1000;
// Of a text's memory, kept for the next one: a long text must not stay with its key for ever.
constexpr std::size_t kSpareBytes = 256;

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0); }
std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

using Slot = std::optional<Written> Aggregate::Options::*;
constexpr std::array<std::pair<Slot, std::string_view>, 8> kKinds = {{
    {&Aggregate::Options::count, "count"},
    {&Aggregate::Options::sum, "sum"},
    {&Aggregate::Options::mean, "mean"},
    {&Aggregate::Options::std, "std"},
    {&Aggregate::Options::min, "min"},
    {&Aggregate::Options::max, "max"},
    {&Aggregate::Options::last, "last"},
    {&Aggregate::Options::lag, "lag"},
}};

void check_combination(const Aggregate::Options& options, OptionVisitor& option) {
  std::string_view found;
  for (const auto& [slot, name] : kKinds) {
    if (!(options.*slot)) continue;
    if (!found.empty())
      option.fail(name, "an aggregate is one of " + std::string(found) + " and " +
                            std::string(name) + ", not both");
    found = name;
  }
  const bool later = options.distinct || options.rate || options.since;
  if (found.empty() && !later)
    option.fail("", "an aggregate needs one of count, sum, mean, std, min, max, last, lag");
  if (found == "lag" && options.over) option.fail("over", "`lag` has no window: it takes `by`");
  if (found != "lag" && options.by) option.fail("by", "`by` belongs to `lag`");
}

}  // namespace

void NumberTrack::state(StateVisitor& visit) {
  panes.resize(visit.count(panes.size(), sizeof(NumberPane)));
  if (!visit.loading())
    for (NumberPane& pane : panes)  // NaN (after an overflow) is saved as one pattern
      for (double* value : {&pane.count, &pane.first, &pane.second})
        if (std::isnan(*value)) *value = kMissing;
  // At once: a snapshot of a million keys must not visit each number.
  visit.bytes(panes.data(), panes.size() * sizeof(NumberPane));
  if (visit.loading()) before_holds = false;
}

void Aggregate::Options::describe(OptionVisitor& option) {
  option("count", count,
         {.doc = "counts the rows for which an expression is true", .example = "true"});
  option("sum", sum, {.doc = "sum of an expression"});
  option("mean", mean, {.doc = "mean of an expression", .example = "amount"});
  option("std", std, {.doc = "standard deviation of an expression (n - 1)"});
  option("min", min, {.doc = "smallest value of an expression"});
  option("max", max, {.doc = "largest value of an expression"});
  option("last", last, {.doc = "last value of an expression that is not missing"});
  option("lag", lag, {.doc = "earlier value of an expression: `by` says which"});
  option("distinct", distinct, {.doc = "number of distinct values", .later = "later"});
  option("rate", rate, {.doc = "events per unit of time", .later = "later"});
  option("since", since, {.doc = "time since an expression was true", .later = "later"});
  option("over", over,
         {.doc = "window: rows, a duration or all (the default)", .min = 1, .example = "1h"});
  option("by", by,
         {.doc = "how far `lag` looks back: values (default 1) or a duration",
          .min = 1,
          .max = kMostRowsBack,
          .choices = "rows|duration"});
  option("panes", panes,
         {.doc = "parts of a window; the figure is exact to one of them", .min = 1, .max = 10'000});
  option("exact", exact, {.doc = "keeps rows instead of panes", .later = "later"});
  option("max_rows", max_rows, {.doc = "rows kept by `exact`", .later = "later"});
  option("per", per, {.doc = "windows aligned to 1970 UTC", .later = "later"});
  if (option.reading()) check_combination(*this, option);
}

std::optional<Aggregate::Kind> Aggregate::Options::kind() const {
  for (std::size_t i = 0; i < kKinds.size(); ++i)
    if (this->*kKinds[i].first) return static_cast<Kind>(i);
  return std::nullopt;
}

const Written& Aggregate::Options::argument() const {
  return *(this->*kKinds[static_cast<std::size_t>(kind().value())].first);
}

Aggregate::Aggregate(const Options& options, Type argument)
    : kind_(options.kind().value()), argument_(argument) {
  const Extent span = kind_ == Kind::lag ? options.by.value_or(Extent{Extent::Unit::rows, 1})
                                         : options.over.value_or(Extent{Extent::Unit::all, 0});
  unit_ = span.unit;
  if (kind_ == Kind::lag) by_ = span.value;
  if (unit_ == Extent::Unit::all) return;
  const auto panes = static_cast<std::int64_t>(std::max<std::size_t>(1, options.panes));
  width_ = std::max<std::int64_t>(1, ceil_divide(span.value, panes));
  panes_ = ceil_divide(span.value, width_);
}

std::int64_t Aggregate::window_end(const KeyClock& clock) const {
  switch (unit_) {
    case Extent::Unit::all:
      return 0;
    case Extent::Unit::rows:
      return floor_divide(clock.rows - 1, width_);
    case Extent::Unit::time:
      return floor_divide(clock.newest - by_, width_);
  }
  return 0;
}

std::int64_t Aggregate::pane_of(const KeyClock& clock, std::int64_t event_time) const {
  switch (unit_) {
    case Extent::Unit::all:
      return 0;
    case Extent::Unit::rows:
      return floor_divide(clock.rows, width_);
    case Extent::Unit::time:
      return floor_divide(event_time, width_);
  }
  return 0;
}

// How many of the first panes no later figure can need.
template <class Pane>
std::size_t Aggregate::dead(const std::vector<Pane>& panes, std::int64_t end) const {
  std::size_t dead = 0;
  if (kind_ != Kind::lag) {
    while (dead < panes.size() && panes[dead].index <= end - panes_) ++dead;
  } else if (unit_ == Extent::Unit::rows) {
    if (panes.size() > static_cast<std::size_t>(by_))
      dead = panes.size() - static_cast<std::size_t>(by_);
  } else {
    while (dead + 1 < panes.size() && panes[dead + 1].index <= end) ++dead;
  }
  return dead;
}

// The pane of that index, made if need be; `advance` ends one that is out of the window already.
// `old`: it is not the last.
template <class Pane>
Pane& Aggregate::open(std::vector<Pane>& panes, std::int64_t index, bool& old) const {
  old = false;
  const bool values_apart = kind_ == Kind::lag && unit_ == Extent::Unit::rows;
  if (values_apart || panes.empty() || panes.back().index < index) {
    panes.emplace_back();
    panes.back().index = values_apart ? 0 : index;
    return panes.back();
  }
  if (panes.back().index == index) return panes.back();
  old = true;
  auto at =
      std::lower_bound(panes.begin(), panes.end(), index,
                       [](const Pane& pane, std::int64_t wanted) { return pane.index < wanted; });
  if (at->index != index) {
    at = panes.emplace(at);
    at->index = index;
  }
  return *at;
}

template <class Pane>
const Pane* Aggregate::lagged(const std::vector<Pane>& panes, const KeyClock& clock) const {
  if (panes.empty()) return nullptr;
  if (unit_ == Extent::Unit::rows)
    return panes.size() == static_cast<std::size_t>(by_) ? &panes.front() : nullptr;
  return panes.front().index <= window_end(clock) ? &panes.front() : nullptr;
}

void Aggregate::advance(NumberTrack& track, const KeyClock& clock) const {
  const std::size_t gone = dead(track.panes, window_end(clock));
  if (gone == 0) return;
  track.panes.erase(track.panes.begin(), track.panes.begin() + static_cast<std::ptrdiff_t>(gone));
  track.before_holds = false;
}

void Aggregate::advance(TextTrack& track, const KeyClock& clock) const {
  const std::size_t gone = dead(track.panes, window_end(clock));
  if (gone == 0) return;
  std::string& text = track.panes[gone - 1].text;
  if (text.capacity() <= kSpareBytes) track.spare.swap(text);
  track.panes.erase(track.panes.begin(), track.panes.begin() + static_cast<std::ptrdiff_t>(gone));
}

double Aggregate::cold() const { return kind_ == Kind::count ? 0 : kMissing; }

double Aggregate::figure(NumberTrack& track, const KeyClock& clock) const {
  const std::vector<NumberPane>& panes = track.panes;
  if (kind_ == Kind::lag) {
    const NumberPane* pane = lagged(panes, clock);
    return pane ? pane->first : kMissing;
  }
  if (panes.empty()) return cold();
  if (kind_ == Kind::last) return panes.back().first;
  if (!track.before_holds) {
    track.before = {};
    for (std::size_t i = 0; i + 1 < panes.size(); ++i) combine(track.before, panes[i]);
    track.before_holds = true;
  }
  NumberPane all = track.before;
  combine(all, panes.back());
  const auto value = [&] {
    switch (kind_) {
      case Kind::count:
        return all.count;
      case Kind::mean:
        return all.first / all.count;
      case Kind::std:
        return std::sqrt(all.second / (all.count - 1));
      default:
        return all.first;
    }
  };
  if (kind_ == Kind::std && all.count < 2) return kMissing;
  const double figure = value();
  return std::isnan(figure) ? HUGE_VAL : figure;  // infinities of two panes met
}

std::string_view Aggregate::figure(const TextTrack& track, const KeyClock& clock) const {
  if (kind_ == Kind::lag) {
    const TextPane* pane = lagged(track.panes, clock);
    return pane ? std::string_view(pane->text) : std::string_view();
  }
  return track.panes.empty() ? std::string_view() : std::string_view(track.panes.back().text);
}

void Aggregate::combine(NumberPane& left, const NumberPane& right) const {
  const double count = left.count + right.count;
  if (left.count == 0) {
    left = right;
    return;
  }
  switch (kind_) {
    case Kind::min:
      left.first = std::min(left.first, right.first);
      break;
    case Kind::max:
      left.first = std::max(left.first, right.first);
      break;
    case Kind::std: {
      const double apart = right.first - left.first;
      left.first += apart * right.count / count;
      left.second += right.second + apart * apart * left.count * right.count / count;
      break;
    }
    default:
      left.first += right.first;
  }
  left.count = count;
}

void Aggregate::add(NumberPane& pane, double value) const {
  pane.count += 1;
  switch (kind_) {
    case Kind::count:
      break;
    case Kind::sum:
    case Kind::mean:
      pane.first += value;
      break;
    case Kind::std: {
      const double apart = value - pane.first;
      pane.first += apart / pane.count;
      pane.second += apart * (value - pane.first);
      break;
    }
    case Kind::min:
      pane.first = pane.count == 1 ? value : std::min(pane.first, value);
      break;
    case Kind::max:
      pane.first = pane.count == 1 ? value : std::max(pane.first, value);
      break;
    case Kind::last:
    case Kind::lag:
      pane.first = value;
      break;
  }
}

void Aggregate::add(NumberTrack& track, const KeyClock& clock, std::int64_t event_time,
                    double value) const {
  // count: only rows for which its expression is true.
  if (is_missing(value) || too_large(value) || (kind_ == Kind::count && value != 1)) return;
  const std::size_t panes = track.panes.size();
  bool old = false;
  add(open(track.panes, pane_of(clock, event_time), old), value);
  if (old) {
    track.before_holds = false;
  } else if (track.panes.size() > panes && panes > 0 && track.before_holds) {
    combine(track.before, track.panes[panes - 1]);  // the last one so far has become one before
  }
  advance(track, clock);
}

void Aggregate::add(TextTrack& track, const KeyClock& clock, std::int64_t event_time,
                    std::string_view value) const {
  if (is_missing(value)) return;
  bool old = false;
  std::string& text = open(track.panes, pane_of(clock, event_time), old).text;
  value = cut_text(value, kLongestText);
  if (text.capacity() < value.size()) text.swap(track.spare);
  text = value;
  advance(track, clock);
}

}  // namespace weir
