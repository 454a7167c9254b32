#include "deploy/weir/log_lines.h"

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <mutex>

#include "pipeline/core/json.h"

namespace weir {
namespace {

constexpr double kLinesASecond = 10;
constexpr double kLinesAtOnce = 300;  // all shards of a process start, or stop, at once

std::string quoted_text(std::string_view text) { return json_text(std::string(text)); }

/// A bucket of lines; reports how many were omitted once it lets one through again.
struct Limit {
  std::mutex mutex;
  std::chrono::steady_clock::time_point filled = std::chrono::steady_clock::now();
  double lines = kLinesAtOnce;
  int left_out = 0;

  bool pass(int& were_left_out) {
    const std::lock_guard lock(mutex);
    const auto now = std::chrono::steady_clock::now();
    const double seconds = std::chrono::duration<double>(now - filled).count();
    lines = std::min(kLinesAtOnce, lines + kLinesASecond * seconds);
    filled = now;
    if (lines < 1) {
      ++left_out;
      return false;
    }
    lines -= 1;
    were_left_out = left_out;
    left_out = 0;
    return true;
  }
};

}  // namespace

void start_logging(std::string_view level, std::string_view format) {
  auto logger = spdlog::stderr_logger_mt("weir");
  logger->set_pattern(format == "json"
                          ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":%v})"
                          : "time=%Y-%m-%dT%H:%M:%S.%eZ level=%l msg=%v",
                      spdlog::pattern_time_type::utc);
  logger->set_level(spdlog::level::from_str(std::string(level == "warning" ? "warn" : level)));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

void log_line(LogLevel level, std::string_view text) {
  static Limit limits[3];  // one per level: info lines never crowd out a warning
  int left_out = 0;
  if (level != LogLevel::error && !limits[static_cast<int>(level)].pass(left_out)) return;
  std::string line(text);
  if (left_out > 0) line += fmt::format(" ({} lines omitted before this one)", left_out);
  constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::debug, spdlog::level::info,
                                                   spdlog::level::warn, spdlog::level::err};
  spdlog::log(kLevels[static_cast<int>(level)], "{}", quoted_text(line));
}

}  // namespace weir
