#pragma once

#include <string>
#include <string_view>

#include "pipeline/core/json.h"
#include "pipeline/core/options.h"
#include "pipeline/yaml/yaml.h"

namespace weir {

/// JSON with its keys in the order of their making.

/// Reads one value into its slot. Returns what is wrong with it ("must be at least 2, not 1"), with
/// the slot left as it was, or nothing.
std::string read_slot(const YamlNode& node, OptionVisitor::Slot slot, const Rule& rule);

/// The slot's value as JSON that reads back as the same value.
Json slot_json(OptionVisitor::Slot slot);

/// "`join` is not available yet".
std::string not_available(std::string_view name);

/// "; did you mean 'x'?" for the nearest of `names`, or "; known: a, b, c" when there are few.
std::string suggestion(std::string_view name, std::vector<std::string_view> names);

}  // namespace weir
