#pragma once

#include <string>
#include <string_view>

#include "pipeline/core/record.h"

namespace weir {

/// Appends what is wrong with a field's value, for a person: what was found (shortened), why it
/// cannot be used, and the option that would take it, if there is one.
void append_complaint(std::string& out, const FieldSpec& field, Reason reason,
                      std::string_view found);

/// Appends the beginning of a text: at most 60 bytes and never half a character.
void append_shown(std::string& out, std::string_view text);

}  // namespace weir
