#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/core/log/log.h"
#include "pipeline/core/operator.h"
#include "pipeline/core/record.h"
#include "pipeline/core/state_section.h"
#include "pipeline/core/state_visitors.h"
#include "pipeline/core/step.h"
#include "pipeline/graph/graph.h"
#include "pipeline/shard/believed_time.h"
#include "pipeline/shard/dead_letters.h"
#include "pipeline/shard/event_clock.h"
#include "pipeline/shard/intake.h"
#include "pipeline/shard/output.h"
#include "pipeline/shard/passed_headers.h"

namespace weir {

/// One partition of one source that a shard reads.
struct Lane {
  std::size_t source = 0;  // index in Graph::sources
  std::int32_t partition = 0;
};

/// The deterministic core: one instance of every operator, and the order of what they see. Its
/// outputs and its state are a function of the calls of `add`, `idle` and `tick` alone, not of when
/// `flush` is called (the order law). Not thread-safe.
class Shard {
 public:
  struct Settings {
    std::uint32_t shard = 0;
    std::size_t batch_rows = 4096;
    std::vector<Lane> lanes;
    /// Partitions of each sink's topic, in the order of Graph::sinks, then of the dead letters.
    std::vector<std::int32_t> partitions;
    /// What dead letters name as their origin, per source: the topic.
    std::vector<std::string> origins;
    /// Decoders, per source, in place of those of the source's format (files in replay).
    std::vector<FormatSpec*> formats;
    /// Whether an event time far beyond the record's own timestamp is wrong (not for files).
    bool check_ahead = true;
  };

  struct OperatorCounts {
    std::uint64_t rows_in = 0, rows_out = 0, late = 0;
    std::uint64_t served = 0;  // rows of its first output since the start: no state
    double seconds = 0;
  };

  Shard(const Graph& graph, Settings settings);
  ~Shard();

  /// Where outputs go from now on: sink i has topic i, dead letters the one after.
  void write_to(Outbox& outbox) {
    outbox_ = &outbox;
    dead_letters_.write_to(outbox);
  }

  /// Largest key, value and headers of a record that the log takes; a larger row is a dead letter.
  void limit_records(std::size_t bytes) { dead_letters_.limit_records(bytes); }

  /// The header line of a source's file; returns what is wrong with it, or empty.
  std::string head(std::size_t source, std::string_view line);

  /// The next record. Returns false when it was bad (and went to the dead letters).
  bool add(std::size_t lane, const Record& record);
  /// A record that must not be read, because it crashes the process: it goes to the dead letters.
  void skip(std::size_t lane, const Record& record);
  void idle(std::size_t lane);
  void tick(std::int64_t watermark);
  /// Sends an operator a command between the rows before and after; takes a sequence number.
  /// Returns whether there is such an operator and it knows the command; if not, nothing changes.
  bool command(std::string_view name_of_operator, std::string_view name);
  /// Replay: the merged streams have come to `event_time`; before the row of `lane` that did it.
  /// Takes no sequence number.
  void merged(std::size_t lane, std::int64_t event_time);
  /// Replay: a lane has ended for ever. Takes a sequence number only if that begins the clock.
  void ended(std::size_t lane);

  /// Replay, at its end: time has passed until no timer was pending, and nothing comes any more.
  void drained();

  /// Processes what was added.
  void flush();

  /// The next sequence number: rows, bad records, commands, idle marks and ticks count.
  std::uint64_t sequence() const { return sequence_; }
  const EventClock& clock() const { return clock_; }
  const BelievedTime& believed() const { return believed_; }
  std::optional<std::int64_t> next_timer() const;

  /// Hash of all sinks' running hashes in name order.
  std::uint64_t output_hash() const;
  /// Hash of the parts of the operators' states in the order of their names, then of clock and
  /// sequence number.
  std::uint64_t state_hash();
  /// All of it, for a snapshot: the shard's own section, then one for each part of an operator's
  /// state, in the order of their names. Flush first. With a `sink` sealed parts are named there,
  /// not copied. More than `most` bytes throw StateTooLarge.
  std::vector<StateSection> save(SealedSink* sink = nullptr,
                                 std::size_t most = std::numeric_limits<std::size_t>::max());
  /// Settles the sealed parts of all operators, and returns them.
  std::vector<SealedBytes> sealed(SealedSink& sink);
  /// Takes over what fits of a saved state, perhaps of another pipeline: lanes, sinks and counts by
  /// their names, parts of the same operator, name and fingerprint but those of the operators in
  /// `reset`. Returns the parts that begin cold (`spend, aggregate count`). `any_logic`: the
  /// fingerprint need not fit, if the state does. Call once, before all else. Throws StateError.
  std::vector<std::string> load(std::span<const StateSection> sections,
                                std::span<const std::string> reset = {}, bool any_logic = false);
  std::size_t state_bytes(std::size_t node);

  const Graph& graph() const { return graph_; }
  Operator& operator_at(std::size_t node) { return *operators_[node]; }
  const std::vector<Lane>& lanes() const { return settings_.lanes; }
  const Intake::Counts& source_counts(std::size_t source) const {
    return sources_[source].counts();
  }
  const OperatorCounts& operator_counts(std::size_t node) const { return counts_[node]; }
  const Output& output(std::size_t sink) const { return outputs_[sink]; }
  std::uint64_t dead_letters(Reason reason) const { return dead_letters_.count(reason); }
  const DeadLetterDigest& dead_letter_digest() const { return dead_letters_.digest(); }
  static constexpr std::size_t kMaxRecordBytes = DeadLetters::kMaxRecordBytes;

 private:
  void lose(std::size_t lane, const Record& record, const BadRecord& bad);
  void place(std::size_t source, std::int64_t event_time, bool late);
  void run_node(std::size_t node);
  std::unique_ptr<Operator> make(const Node& node) const;
  std::vector<bool> load_operator(std::size_t index, std::span<const StateSection> sections,
                                  bool any_logic);
  std::vector<std::int64_t> lateness() const;
  std::vector<BelievedTime::Limits> limits() const;
  std::vector<std::size_t> sources_of_lanes() const;
  void save_own(StateVisitor& visit);
  void load_own(StateVisitor& visit);

  const Graph& graph_;
  Settings settings_;
  EventClock clock_;
  BelievedTime believed_;
  Step step_;
  std::size_t step_bytes_ = 0;  // of the step's records, as decoded
  std::uint64_t sequence_ = 0;
  std::vector<Intake> sources_;
  PassedHeaders headers_;  // of the step's records
  std::vector<std::unique_ptr<Operator>> operators_;
  std::vector<OperatorCounts> counts_;
  std::vector<Output> outputs_;
  std::vector<Batch> streams_;  // of the step, per stream
  std::vector<Batch> ports_, results_;
  std::vector<Graph::PartIndex> parts_;  // in the order of their names
  Outbox* outbox_ = nullptr;
  DeadLetters dead_letters_;
  BadRecord bad_;
};

}  // namespace weir
