#include "pipeline/shard/intake.h"

#include <fmt/format.h>

#include "pipeline/core/time_text.h"

namespace weir {
namespace {

constexpr std::int64_t kDecades = 20LL * 365 * 86'400'000;  // no backlog is that old

}  // namespace

Intake::Intake(const SourceNode& source, FormatSpec& format, std::size_t most, bool check_ahead)
    : source_(source),
      most_(most),
      check_ahead_(check_ahead && source.config->spec->timed()),
      key_(source),
      rules_(source.fields),
      decoder_(format.decoder(source.fields)),
      columns_(source.fields.size()),
      read_(source.fields.size()) {}

void Intake::make_columns(Arena& arena) {
  for (std::size_t i = 0; i < source_.fields.size(); ++i) {
    if (!source_.fields[i].read) continue;
    if (source_.fields[i].field.type == Type::text)
      columns_[i] = arena.make<std::string_view>(most_).data();
    else
      columns_[i] = arena.make<double>(most_).data();
  }
  positions_ = arena.make<std::uint32_t>(most_);
  rows_ = 0;
  open_ = true;
}

std::optional<std::int64_t> Intake::decode(const Record& record, Arena& arena, BadRecord& bad) {
  if (!decoder_->decode(record, arena, columns_, rows_, bad)) return std::nullopt;
  if (!rules_.hold(columns_, rows_, bad)) return std::nullopt;
  if (!source_.time_field) {
    if (is_time(static_cast<double>(record.timestamp))) return record.timestamp;
    bad.reason = Reason::time;
    bad.field.clear();
    bad.text = fmt::format("the record's timestamp {} is outside the years 1900 to 2200",
                           record.timestamp);
    return std::nullopt;
  }
  const auto event_time =
      static_cast<std::int64_t>(columns_[*source_.time_field].numbers()[rows_]);
  if (!ahead(record, event_time)) {
    if (check_ahead_ && event_time + kDecades < record.timestamp && record.timestamp >= 0)
      ++counts_.behind;
    return event_time;
  }
  bad.reason = Reason::time_ahead;
  bad.field = source_.fields[*source_.time_field].field.name;
  bad.text = fmt::format("{} ms is {} ms after the record's own timestamp", event_time,
                         event_time - record.timestamp);
  return std::nullopt;
}

/// A timestamp of -1: the record has none. The highest there is plus `ahead` would be none either.
bool Intake::ahead(const Record& record, std::int64_t event_time) const {
  return check_ahead_ && record.timestamp >= 0 &&
         event_time - source_.config->ahead.ms > record.timestamp;
}

void Intake::keep(std::uint32_t position, bool late) {
  positions_[rows_++] = position;
  ++counts_.rows;
  counts_.late += late;
}

void Intake::give(Batch& batch) {
  batch.rows = open_ ? rows_ : 0;
  batch.positions = positions_.data();
  for (std::size_t i = 0; i < columns_.size(); ++i) read_[i] = columns_[i].filled();
  batch.columns = read_.data();
}

}  // namespace weir
