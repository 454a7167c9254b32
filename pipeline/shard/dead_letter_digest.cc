#include "pipeline/shard/dead_letter_digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "pipeline/core/lower_case.h"

namespace weir {
namespace {

// Fields counted by name for a reason: those that come first, as names may be of the records.
constexpr std::size_t kFields = 256;

// So much of what is wrong is kept: a sentence and a value.
constexpr std::size_t kTextBytes = 200;

// A field whose name has one of these may hold what nobody should read in a log.
constexpr std::array<std::string_view, 8> kSecretNames = {"passw",  "secret",     "token", "apikey",
                                                          "api_key", "credential", "iban",  "pin"};

bool secret(std::string_view field) {
  const std::string lower = lower_case(field);
  return std::ranges::any_of(kSecretNames, [&](std::string_view name) {
    return name == "pin" ? lower == name : lower.find(name) != std::string::npos;
  });
}

std::string shown(const BadRecord& bad) {
  if (bad.field.empty()) return bad.text.substr(0, kTextBytes);
  return bad.field + ": " + (secret(bad.field) ? "***" : bad.text.substr(0, kTextBytes));
}

}  // namespace

void DeadLetterDigest::add(std::size_t source, std::int32_t partition, const Record& record,
                           const BadRecord& bad) {
  Seen& seen = reasons_[static_cast<std::size_t>(bad.reason)];
  ++seen.count;
  if (!seen.first) seen.first = First{source, partition, record.offset, shown(bad)};
  const auto at = seen.fields.find(bad.field);
  if (at != seen.fields.end())
    ++at->second;
  else if (seen.fields.size() < kFields)
    seen.fields.emplace(bad.field, 1);
}

std::vector<DeadLetterDigest::Group> DeadLetterDigest::groups() const {
  std::vector<Group> groups;
  for (std::size_t reason = 0; reason < reasons_.size(); ++reason) {
    const Seen& seen = reasons_[reason];
    if (seen.count == 0) continue;
    Group group{static_cast<Reason>(reason), seen.count, {}, 0, seen.first};
    for (const auto& [field, count] : seen.fields)
      if (count > group.of_field) {
        group.field = field;
        group.of_field = count;
      }
    groups.push_back(std::move(group));
  }
  return groups;
}

std::string digest_text(const DeadLetterDigest::Group& group, const std::string& where) {
  std::string text = fmt::format("{} {}", group.count, reason_name(group.reason));
  if (!group.field.empty())
    text += group.of_field == group.count
                ? fmt::format(", all of field {}", group.field)
                : fmt::format(", mostly of field {} ({})", group.field, group.of_field);
  if (group.first) text += fmt::format("; the first is {}: {}", where, group.first->text);
  return text;
}

}  // namespace weir
