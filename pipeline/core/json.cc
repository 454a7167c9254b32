#include "pipeline/core/json.h"

namespace weir {

Json parse_json(std::string_view text) { return Json::parse(text); }

Json parse_whole_json(std::string_view text) {
  return Json::parse(text, [](int, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::value && value.is_number_float())
      throw Json::other_error::create(501, "a number is not whole", &value);
    return true;
  });
}

std::string json_text(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace weir
