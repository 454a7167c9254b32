#pragma once

#include <cstddef>
#include <string_view>

#include "pipeline/core/arena.h"

namespace weir {

/// The text functions of the language on one value, none of them missing. Texts are UTF-8 and are
/// never cut inside a character; results are views of their arguments or lie in the arena.

std::string_view text_lower(std::string_view text, Arena& arena);
double text_length(std::string_view text);
std::string_view text_substr(std::string_view text, double start, double count);

/// The number that all of a text is, or missing: decimal, with an exponent, with a sign.
double text_number(std::string_view text);
/// The time that a text is, in ms, or missing.
double text_time(std::string_view text);

/// XXH3-64 of the bytes, its upper 53 bits as a whole number.
double value_hash(std::string_view bytes);
double value_hash(double value);

}  // namespace weir
