#include "connectors/file/beginning.h"

#include <simdjson.h>

#include <algorithm>
#include <cstddef>

#include "connectors/formats/look.h"

namespace weir {
namespace {

/// CR that no LF follows, outside quotes, in the first line.
bool ends_with_cr(std::string_view line) {
  const std::size_t cr = line.find('\r');
  if (cr == std::string_view::npos || cr + 1 == line.size()) return false;
  return std::count(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(cr), '"') % 2 == 0;
}

std::string wrong_json(std::string_view bytes) {
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  if (bytes[first] == '[')
    return "is a JSON array; weir reads one object per line: `jq -c '.[]'` converts it";
  const std::size_t next = bytes.find_first_not_of(" \t\r", first + 1);
  if (bytes[first] == '{' && next != std::string_view::npos && bytes[next] == '\n')
    return "is JSON spread over several lines; weir reads one object per line: `jq -c .` converts "
           "it";
  return {};
}

}  // namespace

std::string wrong_beginning(std::string_view bytes, bool csv) {
  if (const std::string look = foreign_look(bytes); !look.empty()) return "is " + look;
  if (!csv) return wrong_json(bytes);
  if (const std::string look = frame_look(bytes); !look.empty()) return "is " + look;
  const std::string_view line = bytes.substr(0, bytes.find('\n'));
  if (ends_with_cr(line))
    return "has lines that end with CR alone: `tr '\\r' '\\n'` converts it";
  if (line.size() < bytes.size() && !simdjson::validate_utf8(line.data(), line.size()))
    return "is not UTF-8 (Latin-1 or Windows-1252?): `iconv -f CP1252 -t UTF-8` converts it";
  return {};
}

}  // namespace weir
