#pragma once

#include <memory>

#include "pipeline/core/operator.h"

namespace weir {

/// `dedupe { input, key, within, max_keys }`: a row passes unless one of its key that passed lies
/// within `within` of it, before or after.
///
/// `within` is event time (`10m`) or rows (`1000`), the bound included: by rows, of those N that
/// follow in the input, of whatever key, none of the same key passes. What does not pass starts no
/// new wait, so a key that keeps coming passes once each time `within` is over. By event time the
/// order of arrival decides nothing else: a late row is a duplicate if it lies within `within` of a
/// row that passed, be that one earlier or later, and passes if not. A row whose key is missing
/// passes, is counted (`no_key`) and leaves nothing behind. Passed rows keep all fields.
///
/// Limits: `max_keys` keys are remembered, the least recently seen makes room (an eviction: its
/// duplicates pass). By event time a key is remembered until then, so that its duplicates are found
/// however late they come, by its 16 newest stretches of time without a gap; by rows until `within`
/// is over.
/// Cost: one look-up of the key per row, a gather of the columns that someone reads. Memory: the
/// key's bytes, some 120 bytes, and 16 bytes a stretch.
std::unique_ptr<OperatorSpec> make_dedupe();

}  // namespace weir
