#include "pipeline/graph/lineage.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace weir {

void Lineage::add_stream(std::vector<FieldOrigin> passed, std::size_t own) {
  const std::size_t stream = streams_.size();
  for (std::size_t i = 0; i < own; ++i) passed.push_back({stream, passed.size()});
  const std::size_t fields = passed.size();
  streams_.push_back({std::move(passed), std::vector<std::vector<FieldOrigin>>(fields)});
}

void Lineage::made_of(std::size_t stream, std::size_t field, std::span<const std::size_t> of) {
  Stream& made = streams_[stream];
  for (const std::size_t part : of) made.made[field].push_back(made.origins[part]);
}

std::vector<FieldOrigin> Lineage::path(FieldOrigin from, FieldOrigin to) const {
  std::map<FieldOrigin, FieldOrigin> reached_by{{from, from}};
  std::deque<FieldOrigin> next{from};
  for (; !next.empty(); next.pop_front()) {
    if (next.front() == to) break;
    for (const FieldOrigin part : parts(next.front()))
      if (reached_by.emplace(part, next.front()).second) next.push_back(part);
  }
  if (next.empty()) return {};
  std::vector<FieldOrigin> path{to};
  while (path.back() != from) path.push_back(reached_by.at(path.back()));
  std::ranges::reverse(path);
  return path;
}

std::set<FieldOrigin> Lineage::leaves(FieldOrigin field) const {
  std::set<FieldOrigin> leaves, seen{field};
  std::vector<FieldOrigin> open{field};
  while (!open.empty()) {
    const FieldOrigin at = open.back();
    open.pop_back();
    if (parts(at).empty()) leaves.insert(at);
    for (const FieldOrigin part : parts(at))
      if (seen.insert(part).second) open.push_back(part);
  }
  return leaves;
}

namespace {

class LeakFinder {
 public:
  LeakFinder(const Lineage& lineage, const std::deque<Stream>& streams, std::size_t stream,
             std::size_t target)
      : lineage_(lineage),
        streams_(streams),
        origins_(lineage.origins(stream)),
        target_(origins_[target]) {}

  std::vector<Leak> find(std::span<const std::size_t> features) const {
    std::vector<Leak> leaks;
    std::vector<std::size_t> rest;
    for (const std::size_t feature : features) {
      const auto up = lineage_.path(origins_[feature], target_);
      const auto down = lineage_.path(target_, origins_[feature]);
      if (!up.empty())
        leaks.push_back({feature, fmt::format("feature `{}` is made of {}the target `{}`",
                                              name(up.front()), between(up), name(target_))});
      else if (!down.empty() && lineage_.leaves(target_) == lineage_.leaves(origins_[feature]))
        leaks.push_back({feature, fmt::format("the target `{}` is made of {}feature `{}`",
                                              name(target_), between(down), name(down.back()))});
      else
        rest.push_back(feature);
    }
    add_parts(rest, leaks);
    return leaks;
  }

 private:
  /// Those that hold all parts of the target together.
  void add_parts(const std::vector<std::size_t>& features, std::vector<Leak>& leaks) const {
    const std::set<FieldOrigin> wanted = lineage_.leaves(target_);
    std::map<std::size_t, std::vector<FieldOrigin>> shared;  // by feature
    std::set<FieldOrigin> known;
    for (const std::size_t feature : features) {
      std::vector<FieldOrigin>& both = shared[feature];
      std::ranges::set_intersection(lineage_.leaves(origins_[feature]), wanted,
                                    std::back_inserter(both));
      known.insert(both.begin(), both.end());
    }
    if (known != wanted) return;
    for (const std::size_t feature : features) {
      if (shared[feature].empty()) continue;
      const FieldOrigin part = shared[feature].front();
      leaks.push_back(
          {feature,
           part == origins_[feature]
               ? fmt::format("the target `{}` is made of feature `{}`", name(target_), name(part))
               : fmt::format("feature `{}` is made of `{}`, and so is the "
                             "target `{}`",
                             name(origins_[feature]), name(part), name(target_))});
    }
  }

  const std::string& name(FieldOrigin field) const {
    return streams_[field.stream].schema.fields[field.field].name;
  }

  /// What stands between the ends of a path: "`b`, which is made of ".
  std::string between(const std::vector<FieldOrigin>& path) const {
    std::string text;
    for (std::size_t i = 1; i + 1 < path.size(); ++i)
      text += fmt::format("`{}`, which is made of ", name(path[i]));
    return text;
  }

  const Lineage& lineage_;
  const std::deque<Stream>& streams_;
  const std::vector<FieldOrigin>& origins_;
  const FieldOrigin target_;
};

}  // namespace

std::vector<Leak> find_leaks(const Lineage& lineage, const std::deque<Stream>& streams,
                             std::size_t stream, std::size_t target,
                             std::span<const std::size_t> features) {
  std::vector<Leak> leaks = LeakFinder(lineage, streams, stream, target).find(features);
  for (Leak& leak : leaks) leak.text += " of the same row: the score would know the answer";
  return leaks;
}

}  // namespace weir
