#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace weir {

/// What a log cannot do, and why: the world is down, or has lost something.
struct LogFailure : std::runtime_error {
  enum class Kind : std::uint8_t {
    unreachable,  // no answer in time; may recover
    refused,      // access, settings, a topic that does not exist: trying again does not help
    lost,         // an offset asked for is no longer (or not yet) in the log
    fenced        // another owner has taken over
  };
  Kind kind;
  LogFailure(Kind what, const std::string& text) : std::runtime_error(text), kind(what) {}
};

}  // namespace weir
