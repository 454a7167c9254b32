#include "connectors/formats/debezium.h"

#include "connectors/formats/cells.h"

namespace weir {

bool DebeziumChange::leaves_row(BadRecord& bad) const {
  if (image_ == Image::there) return true;
  // Truncations and messages have no image at all.
  const bool never = operation_ == 'd' || operation_ == 't' || operation_ == 'm';
  if (image_ == Image::null || never)
    return bad_record(bad, Reason::deleted, "a change that leaves no row");
  return bad_record(bad, Reason::format, "no change of Debezium: it has no `after`");
}

}  // namespace weir
