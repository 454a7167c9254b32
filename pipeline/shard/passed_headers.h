#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/core/arena.h"
#include "pipeline/core/record.h"
#include "pipeline/graph/graph.h"

namespace weir {

/// The headers of a step's records, for sinks with `headers: pass`. Of sources that no such sink is
/// fed by it keeps nothing. Cost: a copy of the headers into the step's arena.
class PassedHeaders {
 public:
  /// More than this of one record are not passed on, not even some of them.
  static constexpr std::size_t kMost = 256;
  static constexpr std::size_t kMostBytes = 64 << 10;  // of names and values

  struct OfRecord {
    std::span<const Header> headers;
    bool too_many = false;  // there were some, and none is kept
  };

  explicit PassedHeaders(const Graph& graph);

  /// The record of a source's row at `position` of the step.
  void keep(std::size_t source, std::uint32_t position, const Record& record, Arena& arena) {
    if (wanted_[source] && !record.headers.empty()) copy(position, record.headers, arena);
  }
  OfRecord at(std::uint32_t position) const {
    return position < kept_.size() ? kept_[position] : OfRecord{};
  }
  /// The step is over.
  void clear() { kept_.clear(); }

 private:
  void copy(std::uint32_t position, std::span<const Header> headers, Arena& arena);

  std::vector<bool> wanted_;    // per source
  std::vector<OfRecord> kept_;  // by position
};

}  // namespace weir
