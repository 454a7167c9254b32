#include <chrono>

#include "pipeline/runner/runner.h"

// The figures of a Runner.

namespace weir {

void Runner::report(MetricSamples& samples) {
  const std::string shard = std::to_string(settings_.shard);
  const auto common = [&](std::vector<std::pair<std::string, std::string>> more = {}) {
    more.insert(more.begin(), {{"pipeline", graph_->pipeline}, {"shard", shard}});
    samples.with(std::move(more));
  };
  common();
  samples(metric::recovery_epochs_left, 0);
  samples.histogram(metric::event_latency_seconds, {}, latency_);
  samples.histogram(metric::epoch_seconds, {}, epoch_seconds_);
  samples.histogram(metric::snapshot_seconds, {}, snapshot_seconds_);
  const Committer::Figures commits = committer_->figures();
  samples.histogram(metric::commit_seconds, {}, commits.seconds);
  samples(metric::epochs_total, {"outcome", "committed"}, static_cast<double>(commits.committed));
  samples(metric::epochs_total, {"outcome", "resent"}, static_cast<double>(commits.resent));
  SnapshotStore::Report report;
  if (snapshots_) {
    note_written();
    report = snapshots_->report();
    samples(metric::snapshot_bytes, static_cast<double>(report.disk.bytes));
    samples(metric::snapshot_failures_total, {"place", "disk"},
            static_cast<double>(report.disk.failed));
    samples(metric::snapshot_failures_total, {"place", "topic"},
            static_cast<double>(report.topic.failed));
    samples(metric::segment_bytes, static_cast<double>(report.segment_bytes));
  }
  samples(metric::lost_records_total, static_cast<double>(lost_records_));
  samples(metric::commands_total, {"outcome", "done"}, static_cast<double>(commands_done_));
  samples(metric::commands_total, {"outcome", "ignored"}, static_cast<double>(commands_ignored_));
  samples(metric::snapshot_age_seconds,
          std::chrono::duration<double>(now() - written_at_).count());
  if (const std::int64_t watermark = shard_->clock().watermark(); watermark != kNoTime)
    samples(metric::watermark_delay_seconds,
            static_cast<double>(world_.now_ms() - watermark) / 1000);
  for (std::size_t reason = 0; reason < Shard::kReasons; ++reason)
    samples(metric::dead_letters_total, {"reason", reason_name(static_cast<Reason>(reason))},
            static_cast<double>(shard_->dead_letters(static_cast<Reason>(reason))));
  for (std::size_t lane = 0; lane < lanes_->size(); ++lane) {
    const SourceNode& source = graph_->sources[lanes_->lane(lane).source];
    const std::string topic = source.config->spec->topic();
    const std::string partition = std::to_string(lanes_->lane(lane).partition);
    const MetricLabel labels[] = {{"topic", topic.empty() ? source.name : topic},
                                  {"partition", partition}};
    if (const std::int64_t lag = lanes_->lag(lane); lag >= 0)
      samples.value(metric::consumer_lag_records, labels, static_cast<double>(lag));
    if (lane >= headroom_.size()) continue;
    if (const auto records = headroom_[lane].records)
      samples.value(metric::replay_headroom_records, labels, static_cast<double>(*records));
    if (std::isfinite(headroom_[lane].seconds))
      samples.value(metric::replay_headroom_seconds, labels, headroom_[lane].seconds);
  }
  for (std::size_t s = 0; s < graph_->sources.size(); ++s) {
    const Shard::Counts& counts = shard_->source_counts(s);
    const std::string& name = graph_->sources[s].name;
    if (s < unread_.size()) samples(metric::partitions_unread, {"source", name}, unread_[s]);
    const MetricLabel rows[] = {{"source", name}, {"outcome", "row"}};
    const MetricLabel bad[] = {{"source", name}, {"outcome", "bad"}};
    samples.value(metric::source_rows_total, rows, static_cast<double>(counts.rows));
    samples.value(metric::source_rows_total, bad, static_cast<double>(counts.bad));
    samples(metric::late_rows_total, {"source", name}, static_cast<double>(counts.late));
  }
  for (std::size_t i = 0; i < graph_->sinks.size(); ++i)
    samples(metric::sink_rows_total, {"sink", graph_->sinks[i].name},
            static_cast<double>(shard_->output(i).rows()));
  for (std::size_t node = 0; node < graph_->nodes.size(); ++node) {
    common({{"operator", graph_->nodes[node].name}});
    const Shard::OperatorCounts& counts = shard_->operator_counts(node);
    samples(metric::operator_rows_total, {"outcome", "in"}, static_cast<double>(counts.rows_in));
    samples(metric::operator_rows_total, {"outcome", "out"}, static_cast<double>(counts.rows_out));
    samples(metric::operator_rows_total, {"outcome", "late"}, static_cast<double>(counts.late));
    samples(metric::operator_seconds_total, counts.seconds);
    samples(metric::state_bytes, static_cast<double>(report.sections[graph_->nodes[node].name]));
    shard_->operator_at(node).report(samples);
  }
}

}  // namespace weir
