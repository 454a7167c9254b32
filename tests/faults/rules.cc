#include "tests/faults/rules.h"

#include <charconv>
#include <limits>
#include <sstream>
#include <stdexcept>

namespace weir::faults {
namespace {

const std::map<std::string, Action> kActions = {{"cut-before", Action::cut_before},
                                                {"cut-sent", Action::cut_sent},
                                                {"cut-after", Action::cut_after},
                                                {"delay", Action::delay}};

std::int64_t need(Command& command, const std::string& name) {
  if (const auto given = command.take(name)) return *given;
  throw std::invalid_argument(command.word + " needs " + name + "=");
}

}  // namespace

std::optional<std::int64_t> Command::take(const std::string& name) {
  const auto found = numbers.extract(name);
  if (!found) return std::nullopt;
  return found.mapped();
}

Command parse_command(const std::string& line) {
  Command command;
  std::istringstream words(line);
  words >> command.word;
  if (command.word.empty()) throw std::invalid_argument("an empty line");
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) throw std::invalid_argument("no = in " + word);
    std::int64_t number = 0;
    const char* end = word.data() + word.size();
    const auto read = std::from_chars(word.data() + equals + 1, end, number);
    if (read.ec != std::errc() || read.ptr != end || number < 0)
      throw std::invalid_argument("no number from 0 in " + word);
    command.numbers[word.substr(0, equals)] = number;
  }
  return command;
}

bool Rules::add(Command command) {
  const auto action = kActions.find(command.word);
  if (action == kActions.end()) return false;
  Rule rule;
  rule.action = action->second;
  const std::int64_t api = need(command, "api");
  if (api > std::numeric_limits<std::int16_t>::max())
    throw std::invalid_argument("no such api: " + std::to_string(api));
  rule.api = static_cast<std::int16_t>(api);
  if (rule.action == Action::delay) rule.delay = std::chrono::milliseconds(need(command, "ms"));
  rule.skip = command.take("skip").value_or(0);
  rule.times = command.take("times").value_or(rule.action == Action::delay ? -1 : 1);
  if (!command.numbers.empty())
    throw std::invalid_argument(command.word + " knows no " + command.numbers.begin()->first);
  rules_.push_back(rule);
  return true;
}

std::optional<Rule> Rules::act(Action action, std::int16_t api) {
  for (auto rule = rules_.begin(); rule != rules_.end(); ++rule) {
    if (rule->action != action || rule->api != api) continue;
    if (rule->skip > 0) {
      --rule->skip;
      continue;
    }
    const Rule acting = *rule;
    if (rule->times > 0 && --rule->times == 0) rules_.erase(rule);
    return acting;
  }
  return std::nullopt;
}

}  // namespace weir::faults
