#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>

namespace weir::faults {

/// A line of the control: a command, and numbers by name, as `cut-after api=26 times=1`.
struct Command {
  std::string word;
  std::map<std::string, std::int64_t> numbers;

  /// The number, taken out of the command; nothing when it was not given.
  std::optional<std::int64_t> take(const std::string& name);
};

/// Throws std::invalid_argument for a line that is no command.
Command parse_command(const std::string& line);

/// What may happen to a request of one Kafka API (its key: 0 produce, 1 fetch, 26 EndTxn ...).
enum class Action : std::uint8_t {
  cut_before,  // both sides are closed; the broker never sees the request
  cut_sent,    // both are closed as soon as it was sent: its fate is open
  cut_after,   // the broker has answered, the client never hears it
  delay,       // its answer is delayed
};

struct Rule {
  Action action = Action::delay;
  std::int16_t api = 0;
  std::int64_t skip = 0;    // requests to let pass first
  std::int64_t times = -1;  // then so many; negative: all
  std::chrono::milliseconds delay{0};
};

/// The rules in the order given. The first one that fits an event takes it.
class Rules {
 public:
  /// Takes over a `cut-before`, `cut-sent`, `cut-after` or `delay`; false for any other command.
  /// Throws std::invalid_argument for numbers that do not fit.
  bool add(Command command);

  /// The rule that acts now on this request or answer, if there is one; it is counted as used.
  std::optional<Rule> act(Action action, std::int16_t api);

  void clear() { rules_.clear(); }

 private:
  std::list<Rule> rules_;
};

}  // namespace weir::faults
