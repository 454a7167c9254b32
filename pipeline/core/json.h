#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace weir {

/// JSON with its keys in the order of their making.
using Json = nlohmann::ordered_json;

// Reading and writing are built in one file alone: instantiated in each that uses them, they took
// some 40 % of its time to build.

/// Throws Json::exception where `text` is no JSON.
Json parse_json(std::string_view text);

/// As parse_json, of a text that holds whole numbers alone, as weir's own records do. Throws
/// Json::exception at any other number too: what one beyond the range of an integer becomes, C++
/// leaves open.
Json parse_whole_json(std::string_view text);

/// On one line, or with `indent` spaces a level. Bytes that are no UTF-8 become U+FFFD.
std::string json_text(const Json& json, int indent = -1);

}  // namespace weir
