#pragma once

#include <cstdint>

namespace weir {

/// Days from 1970-01-01 to a day of the proleptic Gregorian calendar.
std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day);

/// Days of a month (1 to 12).
unsigned days_in(unsigned year, unsigned month);

}  // namespace weir
