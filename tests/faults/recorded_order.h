#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "connectors/memory/memory_log.h"
#include "tests/harness/running_shard.h"

namespace weir::simulation {

/// What a scenario has left in the log: the recorded order and the outputs. Nothing may fail while
/// it is read.
class RecordedOrder {
 public:
  using Hashes = engine_test::Hashes;
  using Row = engine_test::Row;

  /// `layout` may be filled in later, before the first call.
  RecordedOrder(MemoryLog& log, World& world, const Layout& layout)
      : log_(log), world_(world), layout_(layout) {}

  /// A clean replay; throws std::runtime_error where it differs from what is recorded.
  void verify(const Pipeline& pipeline);

  struct Audit {
    std::uint64_t epochs = 0;
    std::string missing;  // why outputs are not all in their topics; empty: they are
  };
  /// A clean replay that must find the live bits, and one that looks for every output. Throws
  /// Violation.
  Audit audit(const Pipeline& pipeline, const Hashes& live);

  /// Whether an epoch is missing between two others.
  bool has_gap();
  /// The shard's output hash, computed from what is in the topics.
  std::uint64_t output_hash(const Graph& graph);

  /// Throw Violation unless each event among `rows` is scored: once, or once and more often.
  void check_scored_once(std::span<const Row> rows);
  void check_scored(std::span<const Row> rows);

 private:
  struct Entry {
    std::string key, value;
  };
  /// All visible records of a topic's one partition.
  std::vector<Entry> entries(const std::string& topic);

  MemoryLog& log_;
  World& world_;
  const Layout& layout_;
};

}  // namespace weir::simulation
