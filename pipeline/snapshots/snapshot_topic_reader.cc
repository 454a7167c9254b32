#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "pipeline/snapshots/snapshot_topic.h"
#include "pipeline/snapshots/snapshot_topic_format.h"

namespace weir {
namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kPause{100};
constexpr std::size_t kRecords = 64;      // fetched at a time
constexpr std::size_t kMaxRaw = 1 << 20;  // of a chunk
constexpr std::int64_t kNear = 2'000;     // offsets: reading on is cheaper than starting anew
constexpr std::uint64_t kMaxPayload = std::uint64_t{64} << 30;

/// The chunks of one thing as they come.
class Assembly {
 public:
  Assembly(const SealedName& name, std::uint64_t chunks) : name_(name), chunks_(chunks) {}

  std::size_t room() const { return name_.size - size_; }
  bool complete() const { return pieces_.size() == chunks_; }

  void add(std::uint64_t chunk, std::string piece) {
    if (chunk >= chunks_ || piece.size() > room()) return;  // of another
    const auto [at, is_new] = pieces_.try_emplace(chunk, std::move(piece));
    if (is_new) size_ += at->second.size();
  }

  std::string take() {
    std::string whole;
    whole.reserve(size_);
    for (auto& [chunk, piece] : pieces_) {
      whole += piece;
      piece = {};
    }
    if (SealedName::of(whole) != name_) throw std::runtime_error("it is damaged");
    return whole;
  }

 private:
  SealedName name_;
  std::uint64_t chunks_;
  std::size_t size_ = 0;
  std::map<std::uint64_t, std::string> pieces_;
};

}  // namespace

SnapshotTopicReader::SnapshotTopicReader(Log& log, std::string pipeline, std::uint32_t shard,
                                         Wait wait)
    : log_(log),
      topic_(snapshots_topic(pipeline)),
      partition_(static_cast<std::int32_t>(shard)),
      wait_(std::move(wait)) {}

/// Visits the records from an offset to the end that there is now, or until `visit` returns false.
void SnapshotTopicReader::read(std::int64_t from, const Visit& visit) {
  const OffsetRange range = log_.offsets(topic_, partition_);
  const PartitionOffset start{partition_, std::max(from, range.first)};
  if (start.offset >= range.end) return;
  Signal signal;
  const std::unique_ptr<RecordReader> reader = log_.reader(topic_);
  reader->start({&start, 1}, signal);
  std::vector<Record> records;
  auto waited = std::chrono::milliseconds(0);
  for (;;) {
    records.clear();
    const RecordReader::Fetched fetched = reader->fetch(partition_, kRecords, records);
    for (const Record& record : records)
      if (!visit(record)) return;
    if (!records.empty()) {
      waited = {};
      continue;
    }
    if (fetched.end && fetched.next >= range.end) return;
    if (waited > kPatience)
      throw LogFailure(LogFailure::Kind::unreachable,
                       fmt::format("{} [{}] cannot be read to its end", topic_, partition_));
    if (!(wait_ ? wait_(signal, kPause) : signal.wait_for(kPause))) waited += kPause;
  }
}

std::vector<TopicSnapshot> SnapshotTopicReader::list() {
  if (log_.partitions(topic_).value_or(0) <= partition_) return {};
  const OffsetRange range = log_.offsets(topic_, partition_);
  std::string last_error;
  for (std::int64_t back = 64;; back *= 16) {
    const std::int64_t from = std::max(range.first, range.end - back);
    std::vector<TopicSnapshot> snapshots;
    read(from, [&](const Record& record) {
      if (record.key != kManifestKey || !record.has_value) return true;
      try {
        snapshots = read_manifest(record.value);
      } catch (const std::runtime_error& error) {  // the one before may be there
        last_error = fmt::format("{} [{}] at offset {}: {}", topic_, partition_, record.offset,
                                 error.what());
      }
      return true;
    });
    if (!snapshots.empty()) return snapshots;
    if (from > range.first) continue;
    if (!last_error.empty()) throw std::runtime_error(last_error);
    return {};
  }
}

SnapshotTopicReader::Payload SnapshotTopicReader::payload(const TopicSnapshot& snapshot) {
  if (snapshot.payload.size > kMaxPayload) throw std::runtime_error("it is too large");
  Assembly chunks(snapshot.payload, snapshot.chunks);
  std::uint64_t next = 0;
  read(snapshot.from, [&](const Record& record) {
    // They were written in order.
    if (record.key != snapshot_key(snapshot.serial, next)) return true;
    if (const auto piece = piece_of(record.value, snapshot.serial)) {
      chunks.add(next, std::string(*piece));
      ++next;
    }
    return !chunks.complete();
  });
  if (!chunks.complete()) throw std::runtime_error("not all of its chunks are there");
  return read_payload(chunks.take());
}

void SnapshotTopicReader::segments(const Payload& payload, std::span<const SealedName> wanted,
                                   const Take& take) {
  using Start = std::pair<std::int64_t, SealedName>;
  std::vector<Start> order;
  for (const SealedName& name : wanted) {
    const auto at = payload.segments.find(name);
    if (at == payload.segments.end() || name.size > kMaxPayload)
      throw std::runtime_error(fmt::format("sealed part {} is not there", name.text()));
    order.emplace_back(at->second.from, name);
  }
  std::ranges::sort(order);
  const auto dropped = std::ranges::unique(order);
  order.erase(dropped.begin(), dropped.end());

  std::map<SealedName, Assembly> open;
  std::size_t next = 0;
  const auto open_until = [&](std::int64_t offset) {
    for (; next < order.size() && order[next].first <= offset; ++next) {
      const SealedName& name = order[next].second;
      open.try_emplace(name, name, payload.segments.at(name).chunks);
    }
  };
  while (next < order.size()) {
    const std::int64_t from = order[next].first;
    open_until(from);
    read(from, [&](const Record& record) {
      open_until(record.offset + kNear);
      const auto key = parse_segment_key(record.key);
      const auto at = key && record.has_value ? open.find(key->name) : open.end();
      if (at == open.end()) return true;
      Assembly& part = at->second;
      part.add(key->chunk, unpack_segment_chunk(record.value, std::min(kMaxRaw, part.room())));
      if (part.complete()) {
        take(SealedBytes(part.take()));
        open.erase(at);
      }
      return !open.empty();
    });
    if (!open.empty())
      throw std::runtime_error(
          fmt::format("sealed part {} is not all there", open.begin()->first.text()));
  }
}

std::map<SealedName, TopicSegment> SnapshotTopicReader::search(std::int64_t from) {
  std::map<SealedName, TopicSegment> found;
  read(from, [&](const Record& record) {
    const auto key = parse_segment_key(record.key);
    if (!key) return true;
    if (!record.has_value) {
      found.erase(key->name);
      return true;
    }
    TopicSegment& segment =
        found.try_emplace(key->name, TopicSegment{record.offset, 0, 0}).first->second;
    segment.chunks = std::max(segment.chunks, key->chunk + 1);
    return true;
  });
  return found;
}

}  // namespace weir
