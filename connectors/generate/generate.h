#pragma once

#include <memory>

#include "pipeline/core/connector.h"

namespace weir {

/// `type: generate`: records of an invented stream (Cards, Classification), one partition (0),
/// offsets from 0, the record's timestamp is the event time. The streams of Cards with the same
/// options are two sources that agree with each other.
///
/// `rate` bounds how many events are emitted in a second of real time (of Cards: transactions, and
/// the chargebacks before them); it changes when records come, never which.
std::unique_ptr<SourceSpec> make_generate_source();

}  // namespace weir
