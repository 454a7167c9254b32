#include "pipeline/shard/dead_letters.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir {
namespace {

// A dead letter keeps this much of the original.
constexpr std::size_t kDeadLetterBytes = 256 * 1024;

// For the header `weir-bytes` and the framing of a record.
constexpr std::size_t kHeaderRoom = 64;

}  // namespace

void DeadLetters::add(std::size_t source, std::int32_t partition, const Record& record,
                      const BadRecord& bad) {
  ++counts_[static_cast<std::size_t>(bad.reason)];
  if (is_skipped(bad.reason)) return;
  digest_.add(source, partition, record, bad);
  const std::string error =
      bad.field.empty() ? fmt::format("{}: {}", reason_name(bad.reason), bad.text)
                        : fmt::format("{}: {}: {}", reason_name(bad.reason), bad.field, bad.text);
  const std::string at_partition = std::to_string(partition);
  const std::string at_offset = std::to_string(record.offset);
  std::vector<Header> headers = {{"weir-error", error},
                                 {"weir-source-topic", settings_.origins[source]},
                                 {"weir-source-partition", at_partition},
                                 {"weir-source-offset", at_offset}};
  send(partition % settings_.partitions, record.has_key ? std::optional(record.key) : std::nullopt,
       record.has_value ? std::optional(record.value) : std::nullopt, std::move(headers));
}

void DeadLetters::add_row(std::string_view key, std::string_view value) {
  ++counts_[static_cast<std::size_t>(Reason::output_too_large)];
  digest_.add_row(Reason::output_too_large);
  send(0, key.empty() ? std::nullopt : std::optional(key), value,
       {{"weir-error", "output_too_large: the row exceeds the size limit of a record"}});
}

/// Cuts what the log would not take.
void DeadLetters::send(std::int32_t partition, std::optional<std::string_view> key,
                       std::optional<std::string_view> value, std::vector<Header> headers) {
  std::size_t used = kHeaderRoom;
  for (const Header& header : headers) used += header.name.size() + header.value.size() + 8;
  std::size_t room = record_bytes_ > used ? record_bytes_ - used : 0;
  if (key) key = key->substr(0, std::min(room / 2, kDeadLetterBytes));
  if (key) room -= key->size();
  room = std::min(room, kDeadLetterBytes);
  const std::string size = std::to_string(value ? value->size() : 0);
  if (value && value->size() > room) {
    value = value->substr(0, room);
    headers.push_back({"weir-bytes", size});
  }
  outbox_->add(settings_.topic, partition, key, value, headers);
}

void DeadLetters::state(StateVisitor& visit) {
  const std::size_t saved = visit.count(counts_.size(), 1);
  for (std::size_t i = 0; i < saved; ++i) {
    std::string name(visit.loading() ? "" : reason_name(static_cast<Reason>(i)));
    std::uint64_t count = visit.loading() ? 0 : counts_[i];
    visit(name, count);
    if (!visit.loading()) continue;
    for (std::size_t reason = 0; reason < counts_.size(); ++reason)
      if (reason_name(static_cast<Reason>(reason)) == name) counts_[reason] = count;
  }
}

}  // namespace weir
