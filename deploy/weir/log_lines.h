#pragma once

#include <string>
#include <string_view>

namespace weir {

/// Log lines on stderr; data is only ever on stdout. Of each level but errors, what is over ten lines
/// a second, after the first 300, is left out and counted.
enum class LogLevel : unsigned char { debug, info, warning, error };

/// `level`: debug, info, warning, error; `format`: logfmt or json.
void start_logging(std::string_view level, std::string_view format);
void log_line(LogLevel level, std::string_view text);

}  // namespace weir
