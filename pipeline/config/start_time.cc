#include "pipeline/config/start_time.h"

#include <string_view>

#include "pipeline/core/check.h"
#include "pipeline/options/option_values.h"

namespace weir {

std::int64_t start_time(const SourceConfig& source, std::int64_t now_ms) {
  const std::string_view text = source.start;
  if (text.starts_with('-')) {
    const auto ago = parse_duration(text.substr(1));
    check(ago.has_value(), "`start` was checked");
    return now_ms - ago->ms;
  }
  const auto time = parse_date_or_time(text);
  check(time.has_value(), "`start` was checked");
  return *time;
}

}  // namespace weir
