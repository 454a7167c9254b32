#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/core/log/log.h"
#include "pipeline/core/metric_samples.h"
#include "pipeline/core/metrics.h"
#include "pipeline/epochs/committer.h"
#include "pipeline/epochs/epoch_chain.h"
#include "pipeline/epochs/epoch_record.h"
#include "pipeline/shard/shard.h"

namespace weir {

/// The epoch that is being filled: what it read and how time passed, its outputs, and samples of
/// when its records were written. While the epoch before is being committed its outputs stay in a
/// second outbox; only one can be in flight.
class OpenEpoch {
 public:
  using Clock = std::chrono::steady_clock;

  // An epoch closes by its time or the first of these, far below the transaction time-out.
  static constexpr std::uint64_t kMostRows = 50'000;
  static constexpr std::size_t kMostBytes = 8 << 20;
  static constexpr std::size_t kMostRuns = 2'000;

  /// `length`: how long an epoch is open; `epochs_topic`: its index among the committer's topics.
  OpenEpoch(std::uint32_t shard, std::chrono::milliseconds length, std::uint32_t epochs_topic);
  OpenEpoch(const OpenEpoch&) = delete;
  OpenEpoch& operator=(const OpenEpoch&) = delete;

  /// Outputs of this shard go into the epoch. Nothing may be in flight.
  void write_from(Shard& shard) { shard.write_to(outboxes_[open_]); }

  /// The epoch is open since `began`, if it was not open before.
  void begin(Clock::time_point began);
  /// Makes records, in the order in which they are processed, a part of the epoch. `sequence`: the
  /// shard's, before they are.
  void run(std::string_view source, std::int32_t partition, std::span<const Record> records,
           std::uint64_t sequence, Clock::time_point now);
  /// The next record of a run is processed.
  void read(std::int32_t partition, const Record& record);
  /// Samples of the latency of a run's records, once the epoch is committed.
  void sample_latency(std::span<const Record> records);
  /// A record of the run is passed over.
  void skip(Skip record) { record_.skips.push_back(std::move(record)); }
  /// Time passes; `mark` has the shard's sequence number.
  void mark(Mark mark, Clock::time_point now);
  /// Input that is gone is passed over, before the epoch's runs. Nothing may be in it so far.
  void lost(LostInput input, Clock::time_point now);

  /// Whether the epoch has anything that must be committed.
  bool begun() const { return began_.has_value(); }
  bool full() const;
  /// Whether it is to be closed: full, or open for long enough.
  bool due(Clock::time_point now) const;
  /// When it will be due by its time; only of one that has begun.
  Clock::time_point due_at() const { return *began_ + length_; }
  bool in_flight() const { return in_flight_; }

  /// Ends the epoch, which must have begun, and begins the next. The shard is flushed. The job's
  /// offsets are the caller's to add. `with_state`: the record gets the state's hash.
  Committer::Job close(Shard& shard, EpochChain& chain, bool with_state, Clock::time_point now);
  /// The epoch that was in flight is committed, at this wall time.
  void committed(std::int64_t now_ms);

  void report(MetricSamples& samples) const;

 private:
  struct Sample {
    std::int64_t timestamp;
    std::uint64_t records;
  };

  std::uint32_t shard_;
  std::chrono::milliseconds length_;
  std::uint32_t epochs_topic_;
  Outbox outboxes_[2];
  std::vector<Sample> samples_[2];
  std::size_t open_ = 0;  // which of the two is being filled
  bool in_flight_ = false;
  EpochRecord record_;
  std::uint64_t rows_ = 0;
  std::optional<Clock::time_point> began_;
  Histogram latency_ = Histogram::seconds();
  Histogram seconds_ = Histogram::seconds();
};

}  // namespace weir
