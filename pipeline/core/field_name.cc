#include "pipeline/core/field_name.h"

#include <algorithm>

namespace weir {
namespace {

bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool continues_name(char c) { return starts_name(c) || (c >= '0' && c <= '9') || c == '-'; }

}  // namespace

bool is_field_name(std::string_view name) {
  return !name.empty() && starts_name(name[0]) && std::ranges::all_of(name, continues_name);
}

}  // namespace weir
