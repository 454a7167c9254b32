#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/log/log.h"

namespace weir {

/// Consecutive visible records of one partition (of a source, or `$control`: commands); offsets
/// have gaps, so all three figures count.
struct Run {
  std::string source;
  std::int32_t partition = 0;
  std::uint64_t count = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;

  bool operator==(const Run&) const = default;
};

/// Something that takes a sequence number but is not a record: time has passed.
struct Mark {
  enum class Kind : std::uint8_t { tick, idle };
  std::uint64_t sequence = 0;
  Kind kind = Kind::tick;
  std::int64_t watermark = 0;  // of a tick: what it sets, ms
  std::string source;          // of an idle mark: its lane
  std::int32_t partition = 0;

  bool operator==(const Mark&) const = default;
};

/// Who wrote an epoch; on the first after a take-over.
struct Owner {
  std::string instance;
  std::string host;
  std::int64_t pid = 0;

  bool operator==(const Owner&) const = default;
};

/// What epoch 0 fixes before any row, and what a changed pipeline continues with.
struct Beginning {
  std::string pipeline;  // the resolved configuration, no secrets
  std::uint32_t shards = 1;
  std::map<std::string, std::int32_t> partitions;  // per source
  /// Offsets of the lanes that begin here: all of them, or those of sources that are new; with
  /// `$control` that of the commands.
  std::vector<std::pair<std::pair<std::string, std::int32_t>, std::int64_t>> start = {};
  std::uint64_t record_bytes = 0;  // a larger output is a dead letter; 0: not recorded
  // Of a change only:
  std::vector<std::string> reset = {};  // operators that a person wants to start cold
  /// The logic of the epochs before, when this program cannot repeat it and a person wants it to
  /// continue.
  std::optional<std::uint64_t> accepted = {};

  bool operator==(const Beginning&) const = default;
};

/// A record that crashes the process whenever it is processed: it went to the dead letters unread.
struct Skip {
  std::string source;
  std::int32_t partition = 0;
  std::int64_t offset = 0;

  bool operator==(const Skip&) const = default;
};

/// Whether a record is among them. Called for every record: copies nothing.
bool contains(std::span<const Skip> skips, std::string_view source, std::int32_t partition,
              std::int64_t offset);

/// Input that was deleted before it was processed, or before it could be replayed: offsets `first`
/// to `last`.
struct LostInput {
  std::string source;
  std::int32_t partition = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;

  bool operator==(const LostInput&) const = default;
};

/// The record that one transaction leaves in the shard's partition of `weir.<pipeline>.epochs`.
/// JSON: {v, epoch, owner?, runs: [[source, partition, count, first, last]], ticks: [{seq, kind,
/// watermark?, source?, partition?}], in, out, state?, begin? (epoch 0), change?, lost?, resumed?,
/// skips: [[source, partition, offset]], logic, chain}; hashes are 16 hex digits; `chain` =
/// XXH3-64(the record's text without `chain`, seed: the previous chain).
struct EpochRecord {
  static constexpr int kVersion = 1;

  std::uint64_t epoch = 0;
  std::optional<Owner> owner;
  std::optional<Beginning> begin;  // epoch 0: `begin`; later: `change`, before the epoch's runs
  std::vector<LostInput> lost;     // passed over, before the epoch's runs
  /// Epochs after this one could not be replayed: the state continued from it, before the runs.
  std::optional<std::uint64_t> resumed;
  std::vector<Run> runs;  // in the order processed
  std::vector<Mark> marks;
  std::vector<Skip> skips;     // records of the runs that were not read
  std::uint64_t sequence = 0;  // the first sequence number of the epoch
  std::uint64_t in = 0;        // over partition, offset, timestamp, key, value of its records
  std::uint64_t out = 0;       // of the shard's sinks, after the epoch
  std::optional<std::uint64_t> state;  // state hash, where a snapshot was taken or the run ended
  std::uint64_t logic = 0;             // fingerprint of the graph
  std::uint64_t chain = 0;

  bool operator==(const EpochRecord&) const = default;

  /// The record's text; sets `chain` from the previous epoch's.
  std::string write(std::uint64_t previous_chain);

  /// Reads a record and checks its own chain against the previous one. Throws std::runtime_error
  /// with what is wrong. `previous_chain`: not given: not checked (the first record read).
  static EpochRecord read(std::string_view text, std::optional<std::uint64_t> previous_chain);
};

/// Hash of an input, continued record by record: XXH3-64 of the value, seeded by that of the key,
/// seeded by that of (partition, offset, timestamp), seeded by the hash so far.
std::uint64_t hash_input(std::uint64_t so_far, std::int32_t partition, const Record& record);

}  // namespace weir
