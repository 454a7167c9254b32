#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace weir {

/// Something that a person should read.
struct Notice {
  /// `info`: how it began; `warning`: input or state is not what one would expect; `error`: needs a
  /// person.
  enum class Level : std::uint8_t { info, warning, error } level;
  std::string text;

  bool operator==(const Notice&) const = default;
};

/// What a shard has to report, oldest first, until somebody takes it.
class Notices {
 public:
  void info(std::string text) { add(Notice::Level::info, std::move(text)); }
  void warn(std::string text) { add(Notice::Level::warning, std::move(text)); }
  void error(std::string text) { add(Notice::Level::error, std::move(text)); }

  /// Everything since the last call.
  std::vector<Notice> take() { return std::exchange(all_, {}); }
  /// The same, but it stays.
  const std::vector<Notice>& all() const { return all_; }

 private:
  void add(Notice::Level level, std::string text) { all_.push_back({level, std::move(text)}); }

  std::vector<Notice> all_;
};

}  // namespace weir
