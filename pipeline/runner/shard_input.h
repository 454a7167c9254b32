#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/core/metric_samples.h"
#include "pipeline/epochs/control_lane.h"
#include "pipeline/epochs/cursor.h"
#include "pipeline/runner/lanes.h"
#include "pipeline/runner/pipeline_in_force.h"
#include "pipeline/runner/source_input.h"
#include "pipeline/runner/world.h"

namespace weir {

/// Everything that a shard reads: the lanes of the pipeline in force, and the commands. Questions
/// about a partition are asked with patience: while a broker does not answer, the other lanes do
/// not wait for it. Until it is opened it has no lane.
class ShardInput {
 public:
  using Clock = std::chrono::steady_clock;

  ShardInput(const PipelineInForce& pipeline, const World& world, Signal& signal);

  /// Reads the lanes of the pipeline in force, from a cursor that has all of them; commands are
  /// read if it has them. Commands that are at that offset already stay as they are.
  void open(const Cursor& at);
  /// The same, of lanes that are open: when their last records were written stays known.
  void reopen(const Cursor& at);
  /// Gives up the lanes: another pipeline comes into force. Commands stay open.
  void close_lanes();

  std::size_t size() const { return lanes_.size(); }
  const SourceNode& source(std::size_t lane) const;
  std::int32_t partition(std::size_t lane) const { return lanes_.lane(lane).partition; }
  const SourceInput& input(std::size_t lane) const { return inputs_[lanes_.lane(lane).source]; }
  /// Throws std::runtime_error: there is no such lane.
  std::size_t lane_of(const std::string& source, std::int32_t partition) const;

  /// Where every lane continues, then the commands.
  Cursor cursor() const;
  std::int64_t position(std::size_t lane) const { return lanes_.position(lane); }
  /// Timestamp of the last record taken, ms; kNoTime: there was none.
  std::int64_t last_time(std::size_t lane) const { return last_times_[lane]; }
  std::int64_t lag(std::size_t lane) const { return lanes_.lag(lane); }
  std::optional<Clock::time_point> ended(std::size_t lane) const { return lanes_.ended(lane); }

  /// Asks all readers for more. Throws LogFailure.
  void refill(std::size_t max, Clock::time_point now);
  void refill(std::size_t lane, std::size_t max, Clock::time_point now) {
    lanes_.refill(lane, max, now);
  }
  /// As those of Lanes.
  std::optional<std::size_t> choose(const EventClock& clock, std::int64_t align_ms) const {
    return lanes_.choose(clock, align_ms);
  }
  std::span<const Record> take(std::size_t lane, std::size_t max, std::size_t bytes = SIZE_MAX);
  std::optional<std::string_view> head(std::size_t source) const { return lanes_.head(source); }

  /// Whether commands are read.
  bool has_commands() const { return commands_.has_value(); }
  void refill_commands(std::size_t max);
  /// Nothing while none are read.
  std::span<const Record> take_commands(std::size_t max);
  /// The next one's offset; nothing while none are read.
  std::optional<std::int64_t> commands_position() const;

  /// Whether a lane's partition has nothing more, by the log itself: the end that a reader found
  /// may be old. Throws LogFailure.
  bool at_end(std::size_t lane) const;
  bool commands_at_end() const;
  /// The same with patience, of a lane whose reader found an end; an answer counts for a second. If
  /// there is more, the lane's end counts from `now`.
  bool still_at_end(std::size_t lane, Clock::time_point now);
  /// What a lane's partition holds; nothing when the answer does not come soon. It is not asked
  /// again at once.
  std::optional<OffsetRange> range(std::size_t lane);
  /// Whether the number of partitions of a topic may be asked for.
  bool may_ask() const { return world_.now() >= ask_any_again_; }
  /// Whether a partition ends before what was read of it already. One that does not answer is none.
  bool has_read_past_end() const;
  /// The first offset that a lane's partition still holds. Throws LogFailure.
  std::int64_t first_offset(std::size_t lane) const;

  /// Where the lanes begin that nothing was read of: as each source's `start` says. Throws
  /// LogFailure.
  Cursor starts() const;
  /// Where commands begin that none were read of: those before are of the past. Nothing: there is
  /// no topic for them. Throws LogFailure.
  std::optional<std::int64_t> first_command() const;

  void report(MetricSamples& samples) const;

 private:
  const PipelineInForce& pipeline_;
  const World& world_;
  Signal& signal_;
  std::vector<SourceInput> inputs_;  // per source
  Lanes lanes_;
  std::optional<ControlLane> commands_;
  std::vector<std::int64_t> last_times_;      // per lane
  std::vector<Clock::time_point> confirmed_;  // per lane: when its end was last asked for
  std::vector<Clock::time_point> ask_again_;  // per lane: not asked before
  Clock::time_point ask_any_again_;           // none is
};

}  // namespace weir
