#include "pipeline/runner/open_epoch.h"

#include <algorithm>
#include <string>

#include "pipeline/core/check.h"

namespace weir {

OpenEpoch::OpenEpoch(std::uint32_t shard, std::chrono::milliseconds length,
                     std::uint32_t epochs_topic)
    : shard_(shard), length_(length), epochs_topic_(epochs_topic) {}

void OpenEpoch::begin(Clock::time_point began) {
  if (!began_) began_ = began;
}

void OpenEpoch::run(std::string_view source, std::int32_t partition,
                    std::span<const Record> records, std::uint64_t sequence,
                    Clock::time_point now) {
  begin(now);
  if (record_.runs.empty() && record_.marks.empty()) record_.sequence = sequence;
  const bool continues = !record_.runs.empty() && record_.runs.back().source == source &&
                         record_.runs.back().partition == partition;
  if (!continues)
    record_.runs.push_back({std::string(source), partition, 0, records.front().offset, 0});
  record_.runs.back().count += records.size();
  record_.runs.back().last = records.back().offset;
  rows_ += records.size();
}

void OpenEpoch::read(std::int32_t partition, const Record& record) {
  record_.in = hash_input(record_.in, partition, record);
}

void OpenEpoch::sample_latency(std::span<const Record> records) {
  const std::uint64_t half = (records.size() + 1) / 2;
  samples_[open_].push_back({records.front().timestamp, half});
  if (records.size() > 1)
    samples_[open_].push_back({records.back().timestamp, records.size() - half});
}

void OpenEpoch::mark(Mark mark, Clock::time_point now) {
  begin(now);
  if (record_.runs.empty() && record_.marks.empty()) record_.sequence = mark.sequence;
  record_.marks.push_back(std::move(mark));
}

void OpenEpoch::lost(LostInput input, Clock::time_point now) {
  check(record_.runs.empty() && record_.marks.empty(), "input is lost before an epoch's runs");
  begin(now);
  record_.lost.push_back(std::move(input));
}

bool OpenEpoch::full() const {
  return rows_ >= kMostRows || outboxes_[open_].size() >= kMostBytes ||
         record_.runs.size() + record_.marks.size() >= kMostRuns;
}

bool OpenEpoch::due(Clock::time_point now) const {
  return begun() && (full() || now >= due_at());
}

Committer::Job OpenEpoch::close(Shard& shard, EpochChain& chain, bool with_state,
                                Clock::time_point now) {
  check(begun(), "an epoch that is closed has begun");
  check(!in_flight_, "the epoch before is committed");
  seconds_.observe(std::chrono::duration<double>(now - *began_).count());
  record_.logic = shard.graph().fingerprint;
  record_.out = shard.output_hash();
  if (with_state) record_.state = shard.state_hash();
  Outbox& outbox = outboxes_[open_];
  const std::int64_t position = chain.position();
  outbox.add(epochs_topic_, static_cast<std::int32_t>(shard_), std::nullopt, chain.seal(record_));
  Committer::Job job{&outbox, {}, record_.epoch, record_.chain, position};
  record_ = {};
  rows_ = 0;
  began_.reset();
  in_flight_ = true;
  open_ = 1 - open_;
  shard.write_to(outboxes_[open_]);
  return job;
}

void OpenEpoch::committed(std::int64_t now_ms) {
  check(in_flight_, "an epoch was in flight");
  in_flight_ = false;
  outboxes_[1 - open_].clear();
  std::vector<Sample>& samples = samples_[1 - open_];
  for (const auto& [timestamp, records] : samples) {
    const std::int64_t ms = std::max<std::int64_t>(0, now_ms - timestamp);
    latency_.observe(static_cast<double>(ms) / 1000, records);
  }
  samples.clear();
}

void OpenEpoch::report(MetricSamples& samples) const {
  samples.histogram(metric::event_latency_seconds, {}, latency_);
  samples.histogram(metric::epoch_seconds, {}, seconds_);
}

}  // namespace weir
