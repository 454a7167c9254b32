#pragma once

#include <string>
#include <string_view>

namespace weir {

/// What bytes that are no text of UTF-8 look like by their beginning, and what to do: UTF-16,
/// compressed or columnar files. Empty: like none of these.
std::string foreign_look(std::string_view bytes);

/// The same of the frame of a schema registry: a zero byte and four of a schema's id.
std::string frame_look(std::string_view bytes);

/// What a record that is no JSON object looks like, if it is JSON spread in another way: an array,
/// or a line of a value that has several. Empty: like neither.
std::string json_look(std::string_view record);

}  // namespace weir
