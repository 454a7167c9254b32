#include "pipeline/runner/shard_machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "pipeline/core/check.h"
#include "pipeline/core/topic_names.h"

namespace weir {

ShardMachine::ShardMachine(const Graph& live, const Layout& layout, World& world,
                           Settings settings, Signal& signal)
    : settings_(std::move(settings)),
      pipeline_(live, layout, world, settings_.pipeline),
      shard_(std::make_unique<Shard>(live, pipeline_.shard_settings(settings_.batch_rows))),
      input_(pipeline_, world, signal),
      chain_(settings_.owner),
      commands_(control_topic(live.pipeline)) {}

/// The one way in which a shard replaces another. Returns the operators that start cold.
std::vector<std::string> ShardMachine::put_in_force(PipelineInForce::Version next,
                                                    const std::vector<StateSection>& state,
                                                    std::span<const std::string> reset,
                                                    bool any_logic) {
  input_.close_lanes();
  const PipelineInForce::Version before = pipeline_.adopt(std::move(next));
  shard_ = std::make_unique<Shard>(graph(), pipeline_.shard_settings(settings_.batch_rows));
  if (pipeline_.record_bytes() != 0) shard_->limit_records(pipeline_.record_bytes());
  return shard_->load(state, reset, any_logic);
}

void ShardMachine::need_every_lane(const PipelineInForce::Version& version,
                                   const Cursor& at) const {
  for (const Lane& lane : pipeline_.lanes_of(version)) {
    const std::string& source = version.graph().sources[lane.source].name;
    if (!at.at(source, lane.partition))
      throw std::runtime_error(fmt::format(
          "source {} has more partitions than before, and the number cannot change. Start under "
          "another pipeline name",
          source));
  }
}

Cursor ShardMachine::restore(const Snapshot& snapshot) {
  const bool any_logic = settings_.pipeline.accept_new_logic;
  Cursor at(snapshot.positions);
  PipelineInForce::Version version =
      pipeline_.recorded(snapshot.resolved, {}, snapshot.record_bytes);
  need_every_lane(version, at);
  const std::vector<std::string> cold =
      put_in_force(std::move(version), snapshot.sections, {}, any_logic);
  if (!cold.empty() && !any_logic)
    throw std::runtime_error(
        fmt::format("it has no state of operator {} that this program can read (`weir run "
                    "--accept-new-logic` continues with what it can read)",
                    cold.front()));
  pipeline_.load(snapshot.logic);
  chain_.restart(snapshot.epoch, snapshot.chain, snapshot.log_position);
  return at;
}

Cursor ShardMachine::restart(const EpochRecord& epoch_0) {
  check(epoch_0.begin.has_value(), "epoch 0 has a beginning");
  const Beginning& begin = *epoch_0.begin;
  Cursor at(begin.start);
  PipelineInForce::Version version =
      pipeline_.recorded(begin.pipeline, begin.partitions, begin.record_bytes);
  need_every_lane(version, at);
  put_in_force(std::move(version), {});
  follow(epoch_0);
  return at;
}

Cursor ShardMachine::begin(std::size_t record_bytes, std::int64_t log_position) {
  put_in_force(pipeline_.live(record_bytes), {});
  chain_.reach(log_position);
  Cursor at = input_.starts();
  if (const auto first = input_.first_command()) at.set(kControlSource, 0, *first);
  return at;
}

void ShardMachine::repeat_change(const Beginning& change) {
  PipelineInForce::Version next =
      pipeline_.recorded(change.pipeline, change.partitions, change.record_bytes);
  Cursor at = carried(input_.cursor(), graph(), next.graph());
  for (const auto& [input, start] : change.start) at.set(input.first, input.second, start);
  need_every_lane(next, at);
  put_in_force(std::move(next), shard_->save(), change.reset);
  open(at);
}

ShardMachine::Change ShardMachine::change_to_live(std::size_t record_bytes,
                                                  std::span<const std::string> reset) {
  PipelineInForce::Version next = pipeline_.live(record_bytes);
  Change change;
  change.carried = carried(input_.cursor(), graph(), next.graph());
  change.cold = put_in_force(std::move(next), shard_->save(), reset);
  return change;
}

void ShardMachine::open(const Cursor& at) {
  input_.open(at);
  check_heads();
}

void ShardMachine::reopen(const Cursor& at) {
  input_.reopen(at);
  check_heads();
}

void ShardMachine::check_heads() {
  for (std::size_t lane = 0; lane < input_.size(); ++lane) {
    const std::size_t source = shard_->lanes()[lane].source;
    const auto head = input_.head(source);
    if (!head) continue;
    if (const std::string wrong = shard_->head(source, *head); !wrong.empty())
      throw std::runtime_error(fmt::format("source {}: {}", graph().sources[source].name, wrong));
  }
}

void ShardMachine::move(Cursor& cursor, const std::string& source, std::int32_t partition,
                        std::int64_t next) const {
  if (source != kControlSource && !cursor.at(source, partition))
    throw std::runtime_error(fmt::format(
        "the epochs name source {} [{}], which this pipeline does not read", source, partition));
  cursor.set(source, partition, next);
}

void ShardMachine::follow(const EpochRecord& record) {
  chain_.follow(record);
  pipeline_.follow(record.logic);
}

std::vector<CommittedOffset> ShardMachine::offsets_to_commit() const {
  std::vector<CommittedOffset> offsets;
  for (std::size_t lane = 0; lane < input_.size(); ++lane) {
    auto offset = input_.input(lane).to_commit(input_.partition(lane), input_.position(lane));
    if (offset) offsets.push_back(std::move(*offset));
  }
  return offsets;
}

void ShardMachine::report(MetricSamples& samples, std::int64_t now_ms) const {
  input_.report(samples);
  samples(metric::commands_total, {"outcome", "done"}, static_cast<double>(commands_.done()));
  samples(metric::commands_total, {"outcome", "ignored"}, static_cast<double>(commands_.ignored()));
  if (const std::int64_t watermark = shard_->clock().watermark(); watermark != kNoTime)
    samples(metric::watermark_delay_seconds, static_cast<double>(now_ms - watermark) / 1000);
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto reason = static_cast<Reason>(i);
    samples(is_skipped(reason) ? metric::skipped_total : metric::dead_letters_total,
            {"reason", reason_name(reason)}, static_cast<double>(shard_->dead_letters(reason)));
  }
  for (std::size_t s = 0; s < graph().sources.size(); ++s) {
    const Intake::Counts& counts = shard_->source_counts(s);
    const std::string& name = graph().sources[s].name;
    const MetricLabel rows[] = {{"source", name}, {"outcome", "row"}};
    const MetricLabel bad[] = {{"source", name}, {"outcome", "bad"}};
    samples.value(metric::source_rows_total, rows, static_cast<double>(counts.rows));
    samples.value(metric::source_rows_total, bad, static_cast<double>(counts.bad));
    samples(metric::late_rows_total, {"source", name}, static_cast<double>(counts.late));
    const BelievedTime::Counts& far = shard_->believed().counts(s);
    const MetricLabel believed[] = {{"source", name}, {"outcome", "believed"}};
    const MetricLabel refused[] = {{"source", name}, {"outcome", "refused"}};
    samples.value(metric::far_rows_total, believed, static_cast<double>(far.believed));
    samples.value(metric::far_rows_total, refused, static_cast<double>(far.refused));
  }
  for (std::size_t i = 0; i < graph().sinks.size(); ++i) {
    const MetricLabel sink{"sink", graph().sinks[i].name};
    samples(metric::sink_rows_total, sink, static_cast<double>(shard_->output(i).rows()));
    if (graph().sinks[i].passes_headers())
      samples(metric::headers_dropped_total, sink,
              static_cast<double>(shard_->output(i).headers_dropped()));
  }
}

void ShardMachine::report_operators(MetricSamples& samples,
                                    const std::map<std::string, std::size_t>& state_bytes) {
  for (std::size_t node = 0; node < graph().nodes.size(); ++node) {
    const std::string& name = graph().nodes[node].name;
    samples.with({{"pipeline", pipeline_.name()},
                  {"shard", std::to_string(pipeline_.shard())},
                  {"operator", name}});
    const Shard::OperatorCounts& counts = shard_->operator_counts(node);
    samples(metric::operator_rows_total, {"outcome", "in"}, static_cast<double>(counts.rows_in));
    samples(metric::operator_rows_total, {"outcome", "out"}, static_cast<double>(counts.rows_out));
    samples(metric::operator_rows_total, {"outcome", "late"}, static_cast<double>(counts.late));
    samples(metric::operator_seconds_total, counts.seconds);
    const auto bytes = state_bytes.find(name);
    samples(metric::state_bytes,
            bytes == state_bytes.end() ? 0 : static_cast<double>(bytes->second));
    shard_->operator_at(node).report(samples);
  }
}

}  // namespace weir
