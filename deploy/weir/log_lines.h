#pragma once

#include <string>
#include <string_view>

namespace weir {

/// Log lines on stderr; only data goes to stdout. After the first 300 lines of a level, lines
/// beyond ten per second are omitted and counted; errors never are.
enum class LogLevel : unsigned char { debug, info, warning, error };

/// `level`: debug, info, warning, error; `format`: logfmt or json.
void start_logging(std::string_view level, std::string_view format);
void log_line(LogLevel level, std::string_view text);

}  // namespace weir
