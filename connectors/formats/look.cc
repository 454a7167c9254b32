#include "connectors/formats/look.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace weir {
namespace {

using namespace std::string_view_literals;

struct Beginning {
  std::string_view bytes;
  std::string_view text;
};

constexpr std::array<Beginning, 12> kBeginnings = {{
    {"\xff\xfe\0\0"sv, "UTF-32: `iconv -f UTF-32 -t UTF-8` converts it"},
    {"\xff\xfe"sv, "UTF-16: `iconv -f UTF-16 -t UTF-8` converts it"},
    {"\xfe\xff"sv, "UTF-16: `iconv -f UTF-16 -t UTF-8` converts it"},
    {"\x1f\x8b"sv, "gzip: `gzip -d` unpacks it"},
    {"\x28\xb5\x2f\xfd"sv, "zstd: `zstd -d` unpacks it"},
    {"BZh91AY&SY"sv, "bzip2: `bzip2 -d` unpacks it"},
    {"\xfd"
     "7zXZ\0"sv,
     "xz: `xz -d` unpacks it"},
    {"PK\x03\x04"sv, "a zip archive or an Excel workbook: unpack it, or save it as CSV"},
    {"\xd0\xcf\x11\xe0"sv, "an Excel workbook: save it as CSV"},
    {"PAR1"sv, "Parquet, which weir does not read"},
    {"ORC\n"sv, "ORC, which weir does not read"},
    {"Obj\x01"sv, "an Avro file, which weir does not read"},
}};

constexpr std::string_view kUtf16 = "UTF-16: `iconv -f UTF-16%s -t UTF-8` converts it";

std::string utf16(std::string_view end) {
  std::string text(kUtf16);
  return text.replace(text.find("%s"), 2, end);
}

bool is_printable(char c) { return c >= ' ' && c <= '~'; }

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

/// A name in quotes and a colon: a member of an object that begins on an earlier line.
bool is_member(std::string_view line) {
  if (line.empty() || line[0] != '"') return false;
  std::size_t close = 1;
  while (close < line.size() && line[close] != '"') close += line[close] == '\\' ? 2 : 1;
  return close + 1 < line.size() && trim(line.substr(close + 1)).starts_with(':');
}

}  // namespace

std::string foreign_look(std::string_view bytes) {
  for (const Beginning& one : kBeginnings)
    if (bytes.starts_with(one.bytes)) return std::string(one.text);
  if (bytes.size() >= 4 && is_printable(bytes[0]) && bytes[1] == 0 && bytes[3] == 0)
    return bytes[2] == 0 ? "UTF-32: `iconv -f UTF-32LE -t UTF-8` converts it" : utf16("LE");
  if (bytes.size() >= 4 && bytes[0] == 0 && is_printable(bytes[1]) && bytes[2] == 0)
    return utf16("BE");
  return {};
}

std::string frame_look(std::string_view bytes) {
  constexpr std::size_t kFrame = 5;
  if (bytes.size() <= kFrame || bytes[0] != 0) return {};
  std::uint32_t id = 0;
  for (std::size_t i = 1; i < kFrame; ++i) id = id << 8 | static_cast<unsigned char>(bytes[i]);
  const bool json = trim(bytes.substr(kFrame)).starts_with('{');
  return "framed by a schema registry (magic byte 0, schema id " + std::to_string(id) + "), " +
         (json ? "with JSON inside: `format: { json: { framed: true } }` reads it"
               : "with Avro or Protobuf inside, which weir does not read");
}

std::string json_look(std::string_view record) {
  const std::string_view line = trim(record);
  if (line.empty()) return {};
  if (line[0] == '[' && line.size() > 1)
    return "a JSON array; weir reads one object per record: `jq -c '.[]'` converts it";
  const bool bracket = line.size() == 1 && std::string_view("[]{}").find(line[0]) != line.npos;
  if (bracket || line == "}," || line == "]," || is_member(line))
    return "a line of JSON that is spread over several; weir reads one object per line: `jq -c .` "
           "(of an array `jq -c '.[]'`) converts it";
  if (line[0] == '{' && (line.ends_with("},") || line.ends_with("}]")))
    return "an element of a JSON array; weir reads one object per line: `jq -c '.[]'` converts it";
  return {};
}

}  // namespace weir
