#pragma once

#include <compare>
#include <cstddef>
#include <deque>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "pipeline/core/operator.h"
#include "pipeline/graph/graph.h"

namespace weir {

/// Where a field was made: the stream (a source's, or an operator's output) and its place in it. A
/// field that is passed through keeps its origin.
struct FieldOrigin {
  std::size_t stream = 0;
  std::size_t field = 0;
  auto operator<=>(const FieldOrigin&) const = default;
};

/// What every field is made of in the same row, across operators. What an operator computes from
/// earlier rows (an aggregate) starts over: it is made of nothing in its row.
class Lineage {
 public:
  /// The next stream: the origins of the fields passed through, then `own` fields made here.
  void add_stream(std::vector<FieldOrigin> passed, std::size_t own);
  const std::vector<FieldOrigin>& origins(std::size_t stream) const {
    return streams_[stream].origins;
  }

  /// Field `field`, made in `stream`, is made of the fields `of` of that stream.
  void made_of(std::size_t stream, std::size_t field, std::span<const std::size_t> of);

  /// The shortest way from a field to one that it is made of, both included; empty without one.
  std::vector<FieldOrigin> path(FieldOrigin from, FieldOrigin to) const;
  /// What a field is made of in the end: fields that are made of nothing in their row.
  std::set<FieldOrigin> leaves(FieldOrigin field) const;

 private:
  struct Stream {
    std::vector<FieldOrigin> origins;            // per field
    std::vector<std::vector<FieldOrigin>> made;  // per field; of those made here
  };
  const std::vector<FieldOrigin>& parts(FieldOrigin field) const {
    return streams_[field.stream].made[field.field];
  }

  std::vector<Stream> streams_;
};

/// Which of `features` know the target of their own row, fields of `stream` all: those made of it,
/// or it of them; and, of a target that is made of other fields, those that together hold all of
/// its parts (one alone of two parts tells little: it is left alone).
std::vector<Leak> find_leaks(const Lineage& lineage, const std::deque<Stream>& streams,
                             std::size_t stream, std::size_t target,
                             std::span<const std::size_t> features);

}  // namespace weir
