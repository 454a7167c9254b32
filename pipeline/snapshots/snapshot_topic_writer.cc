#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "pipeline/snapshots/snapshot_topic.h"
#include "pipeline/snapshots/snapshot_topic_format.h"

namespace weir {
namespace {

constexpr std::size_t kChunk = 800'000;   // bytes of a record's value
constexpr std::size_t kRaw = 640 * 1024;  // of a sealed part in one, before packing
constexpr std::size_t kTransaction = 8 << 20;

std::int64_t wall_ms() {
  using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::system_clock;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

std::string snapshots_topic(const std::string& pipeline) {
  return "weir." + pipeline + ".snapshots";
}

std::string snapshots_identity(const std::string& pipeline, std::uint32_t shard) {
  return fmt::format("weir.{}.snapshots.{}", pipeline, shard);
}

std::map<std::string, std::string> snapshots_topic_settings() {
  return {{"cleanup.policy", "compact,delete"},
          {"retention.ms", "-1"},
          {"retention.bytes", "-1"},
          {"max.message.bytes", "1048588"},
          {"min.cleanable.dirty.ratio", "0.3"},
          {"segment.bytes", "134217728"}};
}

SnapshotTopicWriter::SnapshotTopicWriter(Log& log, std::string pipeline, std::uint32_t shard,
                                         Wait wait)
    : log_(log),
      pipeline_(std::move(pipeline)),
      shard_(shard),
      reader_(log, pipeline_, shard, std::move(wait)) {}

SnapshotTopicWriter::~SnapshotTopicWriter() = default;

void SnapshotTopicWriter::fence() {
  if (writer_ || next_writer_) return;
  next_writer_ = log_.writer(snapshots_identity(pipeline_, shard_), {snapshots_topic(pipeline_)});
}

/// Fences predecessors, then finds out what is there.
void SnapshotTopicWriter::open() {
  fence();
  std::unique_ptr<LogWriter> writer = std::move(next_writer_);
  std::vector<TopicSnapshot> there;
  bool damaged = false;
  try {
    there = reader_.list();
  } catch (const LogFailure&) {
    throw;
  } catch (const std::runtime_error&) {  // no manifest is whole: begin anew
    damaged = true;
  }
  const std::uint64_t serial = there.empty() ? 0 : there.front().serial;
  const std::uint64_t ours = snapshots_.empty() ? 0 : snapshots_.front().serial;
  if (!known_ || damaged || serial != ours) {
    std::map<SealedName, TopicSegment> segments;
    std::int64_t from = 0;
    if (!there.empty()) {
      try {
        segments = reader_.payload(there.front()).segments;
        from = there.front().from;
      } catch (const LogFailure&) {
        throw;
      } catch (const std::runtime_error&) {  // then all that is there is looked for
      }
    }
    // Those of a snapshot that did not come about may be there in part: they go with the next.
    for (const auto& [name, segment] : reader_.search(from)) segments.try_emplace(name, segment);
    segments_ = std::move(segments);
    snapshots_ = std::move(there);
    known_ = true;
  }
  writer_ = std::move(writer);
}

void SnapshotTopicWriter::add(std::string_view key, std::optional<std::string_view> value) {
  outbox_.add(0, static_cast<std::int32_t>(shard_), key, value);
  if (outbox_.size() >= kTransaction) commit();
}

void SnapshotTopicWriter::commit() {
  if (outbox_.entries().empty()) return;
  std::string reason;
  Commit end = Commit::unknown;
  try {
    end = writer_->commit(outbox_, {}, reason);
  } catch (...) {
    outbox_.clear();
    writer_.reset();
    throw;
  }
  const std::size_t bytes = outbox_.size();
  outbox_.clear();
  if (end == Commit::done) {
    sent_ += bytes;
    return;
  }
  writer_.reset();
  throw LogFailure(end == Commit::fenced ? LogFailure::Kind::fenced : LogFailure::Kind::unreachable,
                   reason);
}

void SnapshotTopicWriter::send_segment(const SealedBytes& part, std::int64_t from) {
  const std::size_t raw = std::min(kRaw, writer_->max_record_bytes() / 4 * 3);
  std::string_view rest = part.bytes();
  TopicSegment segment{from, 0, 0};
  // Until all of it is in the log it counts as there in part.
  TopicSegment& known = segments_.insert_or_assign(part.name(), segment).first->second;
  while (!rest.empty()) {
    const std::string chunk = pack_segment_chunk(rest.substr(0, raw));
    rest.remove_prefix(std::min(raw, rest.size()));
    known.chunks = ++segment.chunks;
    add(segment_key(part.name(), segment.chunks - 1), chunk);
  }
}

void SnapshotTopicWriter::send_payload(TopicSnapshot& snapshot, std::string_view packed) {
  const std::string payload = write_payload(write_directory(segments_), packed);
  snapshot.payload = SealedName::of(payload);
  const std::size_t piece = std::min(kChunk, writer_->max_record_bytes() - 256);
  std::string_view rest = payload;
  while (!rest.empty()) {
    add(snapshot_key(snapshot.serial, snapshot.chunks),
        snapshot_chunk(snapshot.serial, rest.substr(0, piece)));
    rest.remove_prefix(std::min(piece, rest.size()));
    ++snapshot.chunks;
  }
}

std::size_t SnapshotTopicWriter::publish(const Snapshot& snapshot, std::string_view packed) {
  if (fenced_) throw LogFailure(LogFailure::Kind::fenced, "another owner sends snapshots");
  outbox_.clear();
  sent_ = 0;
  try {
    if (!writer_) open();
    send(snapshot, packed);
  } catch (const LogFailure& failure) {
    fenced_ = failure.kind == LogFailure::Kind::fenced;
    throw;
  }
  return sent_;
}

void SnapshotTopicWriter::send(const Snapshot& snapshot, std::string_view packed) {
  TopicSnapshot next;
  next.serial = snapshots_.empty() ? 1 : snapshots_.front().serial + 1;
  next.epoch = snapshot.epoch;
  next.chain = snapshot.chain;
  next.log_position = snapshot.log_position;
  next.from = log_.offsets(snapshots_topic(pipeline_), static_cast<std::int32_t>(shard_)).end;
  next.time_ms = wall_ms();

  std::vector<SealedName> named;
  for (const StateSection& section : snapshot.sections)
    for (const SealedBytes& part : section.sealed) {
      if (part.empty()) continue;
      const auto at = segments_.find(part.name());
      if (at == segments_.end() || at->second.until == 0) send_segment(part, next.from);
      named.push_back(part.name());
    }
  commit();
  for (const SealedName& name : named) segments_.at(name).until = next.serial;

  // What no snapshot names that stays goes with the manifest.
  std::map<SealedName, TopicSegment> dead;
  for (const auto& one : segments_)
    if (one.second.until + kTopicGenerations <= next.serial) dead.insert(one);
  for (const auto& one : dead) segments_.erase(one.first);
  const auto keep_dead = [&] { segments_.merge(dead); };
  try {
    send_payload(next, packed);
    for (const auto& [name, segment] : dead)
      for (std::uint64_t chunk = 0; chunk < segment.chunks; ++chunk)
        add(segment_key(name, chunk), std::nullopt);
    std::vector<TopicSnapshot> snapshots = snapshots_;
    snapshots.insert(snapshots.begin(), next);
    if (snapshots.size() > kTopicGenerations) snapshots.resize(kTopicGenerations);
    add(kManifestKey, write_manifest(snapshots));
    commit();
    snapshots_ = std::move(snapshots);
  } catch (...) {
    keep_dead();
    throw;
  }
  trim();
}

/// Deletes what lies before all that is named. What lies between is the compaction's.
void SnapshotTopicWriter::trim() {
  std::int64_t needed = snapshots_.back().from;
  for (const TopicSnapshot& one : snapshots_) needed = std::min(needed, one.from);
  for (const auto& [name, segment] : segments_) needed = std::min(needed, segment.from);
  try {
    const auto partition = static_cast<std::int32_t>(shard_);
    if (needed > log_.offsets(snapshots_topic(pipeline_), partition).first)
      log_.delete_records(snapshots_topic(pipeline_), partition, needed);
  } catch (const LogFailure&) {  // it takes room until the next time
  }
}

}  // namespace weir
