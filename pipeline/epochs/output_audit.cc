#include "pipeline/epochs/output_audit.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace weir {
namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr std::size_t kRecords = 4096;  // fetched at a time

// An epoch's outputs are older than its record, but for clocks of several hosts: so far beyond the
// record's time they are looked for, first and before they count as missing, ms.
constexpr std::int64_t kBeyond[] = {2'000, 60'000};
// Reading begins so long before the first epoch, ms.
constexpr std::int64_t kBefore = 600'000;

std::uint64_t hash_of(bool has_key, std::string_view key, bool has_value, std::string_view value) {
  const std::uint64_t seed = XXH3_64bits_withSeed(key.data(), key.size(), has_key + 2 * has_value);
  return XXH3_64bits_withSeed(value.data(), value.size(), seed);
}

}  // namespace

OutputAudit::OutputAudit(Log& log, Wait wait) : log_(log), wait_(std::move(wait)) {}

OutputAudit::~OutputAudit() = default;

OutputAudit::Place& OutputAudit::place_of(const std::string& topic, std::int32_t partition,
                                          std::int64_t committed_ms) {
  const auto [at, is_new] = places_.try_emplace({topic, partition});
  Place& place = at->second;
  if (!is_new) return place;
  place.topic = topic;
  place.partition = partition;
  if (const auto there = log_.partitions(topic); there && partition < *there) {
    place.compacted = log_.settings(topic).compacted;
    open(place, committed_ms - kBefore);
  }
  return place;
}

void OutputAudit::open(Place& place, std::int64_t from_ms) {
  const OffsetRange range = log_.offsets(place.topic, place.partition);
  const std::int64_t from = log_.offset_at(place.topic, place.partition, from_ms);
  const PartitionOffset start{place.partition, std::clamp(from, range.first, range.end)};
  place.cut = range.first > 0 && start.offset == range.first;
  place.reader = log_.reader(place.topic);
  place.reader->start({&start, 1}, signal_);
}

/// Reads some more of a partition; false at its end.
bool OutputAudit::read_on(Place& place) {
  auto waited = std::chrono::milliseconds(0);
  for (;;) {
    records_.clear();
    const RecordReader::Fetched fetched = place.reader->fetch(place.partition, kRecords, records_);
    for (const Record& one : records_)
      place.seen.push_back(
          {hash_of(one.has_key, one.key, one.has_value, one.value), one.timestamp});
    if (!records_.empty()) return true;
    // Visible or not, what was committed lies before the end that there is now.
    if (fetched.end && fetched.next >= log_.offsets(place.topic, place.partition).end) return false;
    if (waited > kPatience)
      throw LogFailure(
          LogFailure::Kind::unreachable,
          fmt::format("{} [{}] cannot be read to its end", place.topic, place.partition));
    const auto pause = std::chrono::milliseconds(100);
    if (!(wait_ ? wait_(signal_, pause) : signal_.wait_for(pause))) waited += pause;
  }
}

/// Takes from `wanted` what is there; returns how many of `count` are left. When none is, the next
/// search begins behind the last one.
std::size_t OutputAudit::match(Place& place, Wanted& wanted, std::size_t count,
                               std::int64_t until_ms) {
  for (std::size_t at = 0; count > 0; ++at) {
    if (at == place.seen.size() && !read_on(place)) return count;
    if (place.seen[at].timestamp > until_ms) return count;
    const auto found = wanted.find(place.seen[at].hash);
    if (found == wanted.end()) continue;
    if (--found->second == 0) wanted.erase(found);
    if (--count > 0) continue;
    place.seen.erase(place.seen.begin(), place.seen.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    return 0;
  }
  return count;
}

std::string OutputAudit::find(const Outbox& outputs, std::span<const std::string> topics,
                              std::int64_t committed_ms) {
  std::map<std::pair<std::uint32_t, std::int32_t>, std::pair<Wanted, std::size_t>> all;
  for (const Outbox::Entry& entry : outputs.entries()) {
    auto& [wanted, count] = all[{entry.topic, entry.partition}];
    ++wanted[hash_of(entry.has_key, outputs.key(entry), entry.has_value, outputs.value(entry))];
    ++count;
  }
  for (const auto& [where, outputs_there] : all) {
    const auto& [wanted, count] = outputs_there;
    Place& place = place_of(topics[where.first], where.second, committed_ms);
    std::size_t left = count;
    for (const std::int64_t beyond : kBeyond) {
      if (!place.reader || left == 0) break;
      Wanted missing = wanted;
      try {
        left = match(place, missing, count, committed_ms + beyond);
      } catch (const LogFailure& failure) {
        if (failure.kind != LogFailure::Kind::lost) throw;
        place.seen.clear();  // deleted while it was read
        open(place, committed_ms - kBefore);
        place.cut = true;
        missing = wanted;
        left = match(place, missing, count, committed_ms + beyond);
      }
      if (place.cut || place.compacted) break;
    }
    figures_.found += count - left;
    if (left == 0) {
      place.cut = false;
      continue;
    }
    if (place.reader && !place.cut && !place.compacted)
      return fmt::format("{} of its {} outputs for {} [{}] are missing", left, count, place.topic,
                         place.partition);
    figures_.unknown += left;
    if (left < count) place.cut = false;
    while (!place.seen.empty() && place.seen.front().timestamp < committed_ms - kBeyond[1])
      place.seen.pop_front();
  }
  return {};
}

}  // namespace weir
