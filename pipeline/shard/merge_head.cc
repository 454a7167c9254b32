#include "pipeline/shard/merge_head.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace weir {
namespace {

constexpr std::size_t kFetch = 4096;
// So many rows after one that is far are looked at, if neither a right one nor enough keys come
// before.
constexpr std::size_t kMostAhead = 1024;

}  // namespace

MergeHead::MergeHead(std::size_t lane, const SourceNode& source, FormatSpec& format,
                     RecordReader& reader, Signal& signal, const std::optional<std::string>& header)
    : lane_(lane),
      time_field_(source.time_field),
      reader_(reader),
      signal_(signal),
      key_(source),
      time_cells_(cells(source, format, header, [&](std::size_t i) { return time_field_ == i; })),
      key_cells_(cells(source, format, header, [&](std::size_t i) { return key_.reads(i); })) {}

template <class Wanted>
MergeHead::Cells MergeHead::cells(const SourceNode& source, FormatSpec& format,
                                  const std::optional<std::string>& header, Wanted wanted) {
  Cells cells;
  const std::size_t count = source.fields.size();
  cells.columns.resize(count);
  cells.numbers.resize(count);
  cells.texts.resize(count);
  std::vector<FieldSpec> fields = source.fields;
  for (std::size_t i = 0; i < count; ++i) {
    fields[i].read = wanted(i);
    if (!fields[i].read) continue;
    cells.columns[i] = fields[i].field.type == Type::text ? MutableColumn(&cells.texts[i])
                                                          : MutableColumn(&cells.numbers[i]);
  }
  cells.decoder = format.decoder(std::move(fields));
  if (header) cells.decoder->head(*header);
  return cells;
}

bool MergeHead::Cells::read(const Record& record) {
  BadRecord bad;
  arena.reset();
  return decoder->decode(record, arena, columns, 0, bad);
}

void MergeHead::aim(const BelievedTime& believed, std::int64_t merged) {
  ended_ = !there(0);
  if (ended_) return;
  const std::int64_t time = see(next_).time;
  if (time == kNoTime) return;
  time_ = time;
  if (!time_field_) return;
  const std::int64_t reference = std::max(merged, believed.highest());
  if (reference == kNoTime || believed.far(lane_, time, reference))
    time_ = turn(believed, reference);
}

/// When the turn of the next record is, whose time is far beyond `reference`.
std::int64_t MergeHead::turn(const BelievedTime& believed, std::int64_t reference) {
  std::int64_t least = see(next_).time;
  std::size_t rows = 0;
  FewKeys keys, had = believed.keys(lane_);
  for (std::size_t ahead = 0; ahead < kMostAhead; ++ahead) {
    if (!there(ahead)) return least;
    const Seen& row = see(next_ + ahead);
    if (row.time == kNoTime) continue;
    if (reference != kNoTime && !believed.far(lane_, row.time, reference)) return kNoTime;
    least = std::min(least, row.time);
    const auto key = key_at(next_ + ahead);
    keys.add(key);
    had.add(key);
    ++rows;
    // Before anything has been read there is no clock that keys could keep from moving.
    if (reference == kNoTime ? rows >= believed.confirm(lane_)
                             : believed.borne_out(lane_, rows, keys, had))
      return least;
  }
  return kNoTime;
}

/// Whether so many records follow the next one at least; the buffer is filled up to there.
bool MergeHead::there(std::size_t ahead) {
  while (next_ + ahead >= buffer_.size())
    if (!fetch()) return false;
  return true;
}

MergeHead::Seen& MergeHead::see(std::size_t index) {
  while (seen_.size() <= index) {
    const Record& record = buffer_[seen_.size()];
    Seen& seen = seen_.emplace_back();
    if (!time_field_)
      seen.time = record.timestamp;
    else if (time_cells_.read(record) && !is_missing(time_cells_.numbers[*time_field_]))
      seen.time = static_cast<std::int64_t>(time_cells_.numbers[*time_field_]);
  }
  return seen_[index];
}

std::optional<std::uint64_t> MergeHead::key_at(std::size_t index) {
  Seen& seen = see(index);
  if (!seen.keyed) {
    std::optional<std::uint64_t> key;
    if (key_cells_.read(buffer_[index])) key = key_.of(buffer_[index], key_cells_.columns, 0);
    seen.keyed = true;
    seen.has_key = key.has_value();
    seen.key = key.value_or(0);
  }
  return seen.has_key ? std::optional(seen.key) : std::nullopt;
}

/// Appends to the buffer; records before the next are gone then.
bool MergeHead::fetch() {
  if (at_end_) return false;
  keep_rest();
  while (!at_end_) {
    const auto fetched = reader_.fetch(0, kFetch, buffer_);
    if (fetched.count > 0) return true;
    at_end_ = fetched.end;
    if (!at_end_) signal_.wait_for(std::chrono::milliseconds(100));
  }
  return false;
}

/// What was fetched lives until the next fetch, so its bytes are copied.
void MergeHead::keep_rest() {
  const auto gone = static_cast<std::ptrdiff_t>(std::min(next_, buffer_.size()));
  buffer_.erase(buffer_.begin(), buffer_.begin() + gone);
  seen_.erase(seen_.begin(),
              seen_.begin() + std::min(gone, static_cast<std::ptrdiff_t>(seen_.size())));
  next_ = 0;
  std::swap(kept_, kept_before_);
  kept_.reset();
  for (Record& record : buffer_) {
    record.key = kept_.copy(record.key);
    record.value = kept_.copy(record.value);
  }
}

}  // namespace weir
