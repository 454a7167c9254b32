#include "pipeline/snapshots/snapshot_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <stdexcept>
#include <utility>

#include "pipeline/snapshots/snapshot_folder.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

std::set<SealedName> sealed_names(const Snapshot& snapshot) {
  std::set<SealedName> names;
  for (const StateSection& section : snapshot.sections)
    for (const SealedBytes& part : section.sealed) names.insert(part.name());
  return names;
}

std::optional<std::uint64_t> epoch_of(const fs::path& file) {
  const std::string name = file.stem();
  std::uint64_t epoch = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), epoch);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return epoch;
}

}  // namespace

SnapshotStore::SnapshotStore(Settings settings)
    : settings_(std::move(settings)), segments_(settings_.folder / "segments", settings_.threads) {
  if (settings_.log != nullptr)
    topic_ = std::make_unique<SnapshotTopicWriter>(*settings_.log, settings_.pipeline,
                                                   settings_.shard, settings_.wait);
  if (settings_.threads) thread_ = std::thread([this] { run(); });
}

SnapshotStore::~SnapshotStore() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::chrono::steady_clock::time_point SnapshotStore::now() const {
  return settings_.now ? settings_.now() : std::chrono::steady_clock::now();
}

void SnapshotStore::publish(Snapshot snapshot, bool last, std::unique_ptr<StateCopy> copy) {
  if (!settings_.threads) return work({std::move(snapshot), last, std::move(copy)});
  {
    const std::lock_guard lock(mutex_);
    last = last || (waiting_ && waiting_->last);
    waiting_ = Job{std::move(snapshot), last, std::move(copy)};
  }
  changed_.notify_all();
}

void SnapshotStore::finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !waiting_ && !busy_; });
}

SnapshotStore::Report SnapshotStore::report() const {
  const std::lock_guard lock(mutex_);
  Report report = report_;
  report.segments = segments_.files();
  report.segment_bytes = segments_.bytes();
  return report;
}

std::optional<TopicSnapshot> SnapshotStore::oldest_in_topic() const {
  const std::lock_guard lock(mutex_);
  return oldest_;
}

void SnapshotStore::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stop_ || waiting_; });
    if (!waiting_) return;
    Job job = std::move(*waiting_);
    waiting_.reset();
    busy_ = true;
    lock.unlock();
    work(std::move(job));
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

/// Counts in the report how writing to a place went.
template <class Write>
void SnapshotStore::write_to(Place Report::*place, std::uint64_t epoch, Write write) {
  std::size_t bytes = 0;
  std::string error;
  bool fenced = false;
  try {
    bytes = write();
  } catch (const LogFailure& failure) {
    error = failure.what();
    fenced = failure.kind == LogFailure::Kind::fenced;
  } catch (const std::exception& failed) {
    error = failed.what();
  }
  const std::lock_guard lock(mutex_);
  Place& told = report_.*place;
  if (error.empty()) {
    ++told.written;
    told.epoch = epoch;
    told.bytes = bytes;
  } else {
    ++told.failed;
  }
  told.last_error = error;
  report_.fenced = report_.fenced || fenced;
}

/// Waits for the sections, if need be.
void SnapshotStore::complete(Job& job) {
  segments_.free();
  if (job.copy) job.snapshot.sections = std::exchange(job.copy, nullptr)->take();
  const std::lock_guard lock(mutex_);
  report_.sections.clear();
  for (const StateSection& one : job.snapshot.sections)
    report_.sections[one.name] += one.bytes.size();
}

void SnapshotStore::work(Job job) {
  std::string packed;
  const std::uint64_t epoch = job.snapshot.epoch;
  write_to(&Report::disk, epoch, [&] {
    complete(job);
    packed = pack_snapshot(job.snapshot);
    return write_to_disk(job.snapshot, packed);
  });
  if (packed.empty() || topic_ == nullptr || report().fenced) return;
  if (!job.last && last_sent_ && now() - *last_sent_ < settings_.topic_every) return;
  write_to(&Report::topic, epoch, [&] {
    const std::size_t sent = topic_->publish(job.snapshot, packed);
    last_sent_ = now();
    const std::lock_guard lock(mutex_);
    oldest_ = topic_->snapshots().back();
    return sent;
  });
}

std::size_t SnapshotStore::write_to_disk(const Snapshot& snapshot, const std::string& packed) {
  for (const StateSection& section : snapshot.sections) segments_.write(section.sealed);
  const std::size_t bytes =
      write_packed_snapshot(settings_.folder, snapshot.epoch, packed, 3, settings_.threads);
  std::set<SealedName> names = sealed_names(snapshot);
  for (const fs::path& file : list_snapshots(settings_.folder)) {
    try {
      names.merge(sealed_names(read_outline(file).head));
    } catch (const std::runtime_error&) {  // it can never be loaded
    }
  }
  segments_.keep(names);
  return bytes;
}

void SnapshotStore::fence() {
  if (topic_ == nullptr) return;
  try {
    topic_->fence();
  } catch (const LogFailure& failed) {
    const std::lock_guard lock(mutex_);
    report_.topic.last_error = failed.what();
  }
}

std::vector<SnapshotStore::Candidate> SnapshotStore::list() {
  std::vector<Candidate> candidates;
  for (const fs::path& file : list_snapshots(settings_.folder))
    if (const auto epoch = epoch_of(file))
      candidates.push_back({*epoch, file.string(), file, std::nullopt});
  if (settings_.log != nullptr) {
    std::string error;
    try {
      SnapshotTopicReader reader(*settings_.log, settings_.pipeline, settings_.shard,
                                 settings_.wait);
      const std::vector<TopicSnapshot> there = reader.list();
      for (const TopicSnapshot& one : there)
        candidates.push_back(
            {one.epoch,
             fmt::format("{} [{}], snapshot {}", snapshots_topic(settings_.pipeline),
                         settings_.shard, one.serial),
             {},
             one});
      const std::lock_guard lock(mutex_);
      if (!there.empty()) oldest_ = there.back();
    } catch (const std::runtime_error& failed) {
      const auto* failure = dynamic_cast<const LogFailure*>(&failed);
      if (failure && failure->kind == LogFailure::Kind::unreachable) throw;
      const std::lock_guard lock(mutex_);
      report_.topic.last_error = failed.what();
    }
  }
  std::ranges::stable_sort(candidates, std::greater(), &Candidate::epoch);
  return candidates;
}

Snapshot SnapshotStore::load(const Candidate& candidate) {
  std::optional<SnapshotTopicReader> reader;
  if (settings_.log != nullptr)
    reader.emplace(*settings_.log, settings_.pipeline, settings_.shard, settings_.wait);
  std::optional<SnapshotTopicReader::Payload> payload;
  Snapshot snapshot;
  if (candidate.generation) {
    payload = reader.value().payload(*candidate.generation);
    snapshot = unpack_snapshot(payload->packed);
  } else {
    snapshot = read_snapshot(candidate.file);
  }
  if (snapshot.epoch != candidate.epoch)
    throw std::runtime_error(fmt::format("it is of epoch {}", snapshot.epoch));

  std::map<SealedName, SealedBytes> parts;
  std::vector<SealedName> missing;
  std::string why;
  for (const SealedName& name : sealed_names(snapshot)) {
    try {
      parts[name] = segments_.read(name);
    } catch (const std::runtime_error& error) {
      missing.push_back(name);
      why = error.what();
    }
  }
  if (!missing.empty()) {
    if (!reader) throw std::runtime_error(why);
    if (!payload) payload = payload_with(*reader, missing, why);
    reader->segments(*payload, missing, [&](SealedBytes part) {
      if (!settings_.folder.empty()) try {
          segments_.write({&part, 1});
          segments_.settle(part);
        } catch (const std::runtime_error&) {  // no room on disk: it stays in memory
        }
      parts[part.name()] = std::move(part);
    });
  }
  for (StateSection& section : snapshot.sections)
    for (SealedBytes& part : section.sealed) part = parts.at(part.name());
  return snapshot;
}

/// The payload of a snapshot in the topic beside which these parts lie.
SnapshotTopicReader::Payload SnapshotStore::payload_with(SnapshotTopicReader& reader,
                                                         const std::vector<SealedName>& parts,
                                                         const std::string& why) {
  for (const TopicSnapshot& one : reader.list()) {
    try {
      SnapshotTopicReader::Payload payload = reader.payload(one);
      if (std::ranges::all_of(
              parts, [&](const SealedName& name) { return payload.segments.contains(name); }))
        return payload;
    } catch (const LogFailure&) {
      throw;
    } catch (const std::runtime_error&) {  // damaged; an older one may do
    }
  }
  throw std::runtime_error(why + "; the snapshots topic does not have it either");
}

}  // namespace weir
