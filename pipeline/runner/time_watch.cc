#include "pipeline/runner/time_watch.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>

namespace weir {
namespace {

// Fewer say too little: one wrong row of fifty is no source in trouble.
constexpr std::uint64_t kFewestForFar = 1000;
constexpr std::uint64_t kFewestForBehind = 10;

std::string field_of(const SourceNode& source) {
  if (!source.time_field) return "record timestamps";
  return fmt::format("field `{}`", source.fields[*source.time_field].field.name);
}

std::string share_text(std::uint64_t part, std::uint64_t rows) {
  return fmt::format("{} of {} rows ({:.1f} %)", part, rows,
                     100.0 * static_cast<double>(part) / static_cast<double>(rows));
}

}  // namespace

std::optional<std::string> far_rows_text(const Shard& shard, std::size_t s) {
  const SourceNode& source = shard.graph().sources[s];
  const std::uint64_t rows = shard.source_counts(s).rows;
  const BelievedTime::Counts& counts = shard.believed().counts(s);
  const std::uint64_t far = counts.believed + counts.refused;
  if (rows < kFewestForFar || far * 100 <= rows) return std::nullopt;
  return fmt::format(
      "source {}: {} have an event time ({}) far beyond the newest rows; {} were not confirmed by "
      "others and count as the newest. A producer's clock may be wrong, or `ahead: {} s` is "
      "shorter than the pauses of the stream.",
      source.name, share_text(far, rows), field_of(source), counts.refused,
      source.config->ahead.ms / 1000);
}

std::optional<std::string> behind_text(const Shard& shard, std::size_t s) {
  const SourceNode& source = shard.graph().sources[s];
  const Intake::Counts& counts = shard.source_counts(s);
  if (!source.time_field || counts.rows < kFewestForBehind || counts.behind * 100 <= counts.rows)
    return std::nullopt;
  std::string text = fmt::format(
      "source {}: {} have an event time ({}) decades before the record's own timestamp",
      source.name, share_text(counts.behind, counts.rows), field_of(source));
  if (source.fields[*source.time_field].unit_ms == 1)
    text += ". The unit of its whole numbers is ms: is the field in seconds? `unit: s`";
  return text;
}

void TimeWatch::watch(const Shard& shard, Notices& notices) {
  for (std::size_t s = 0; s < shard.graph().sources.size(); ++s) {
    const std::string& name = shard.graph().sources[s].name;
    if (const auto far = far_rows_text(shard, s); far && far_.insert(name).second)
      notices.warn(*far);
    if (const auto behind = behind_text(shard, s); behind && behind_.insert(name).second)
      notices.warn(*behind);
  }
}

}  // namespace weir
