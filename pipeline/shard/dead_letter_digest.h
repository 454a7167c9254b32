#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/core/record.h"

namespace weir {

/// What the dead letters of this run have in common, for people: by reason how many there are,
/// which field most of them are about, and the first of them. Figures, no state; bounded.
class DeadLetterDigest {
 public:
  /// The first record of its reason: where it stands, and what was wrong with it.
  struct First {
    std::size_t source = 0;
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    std::string text;
  };
  struct Group {
    Reason reason = Reason::empty;
    std::uint64_t count = 0;
    std::string field;  // the commonest; empty: the record as a whole
    std::uint64_t of_field = 0;
    std::optional<First> first;  // nothing: no record of a source, but a row of a sink
  };

  void add(std::size_t source, std::int32_t partition, const Record& record, const BadRecord& bad);
  /// A row of a sink.
  void add_row(Reason reason) { ++reasons_[static_cast<std::size_t>(reason)].count; }

  /// Those that there are, in the order of the reasons.
  std::vector<Group> groups() const;
  std::uint64_t count(Reason reason) const {
    return reasons_[static_cast<std::size_t>(reason)].count;
  }

 private:
  struct Seen {
    std::uint64_t count = 0;
    std::map<std::string, std::uint64_t, std::less<>> fields;
    std::optional<First> first;
  };

  std::array<Seen, kReasonCount> reasons_;
};

/// What a person reads of a group: `3 type, mostly of field amount (2); the first: ...`.
/// `where`: how to write the place of the first.
std::string digest_text(const DeadLetterDigest::Group& group, const std::string& where);

}  // namespace weir
