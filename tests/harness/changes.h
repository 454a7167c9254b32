#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/harness/pipelines.h"

/// Changes of kDiamond, as people make them, and what each of them costs.
namespace weir::engine_test {

/// The text with the one place where it says `from` saying `to`.
inline std::string edited(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos || text.find(from, at + 1) != std::string::npos)
    throw std::runtime_error("not there once: " + std::string(from));
  return text.replace(at, from.size(), to);
}

struct Change {
  std::string name;
  std::string yaml;                // kDiamond afterwards
  std::vector<std::string> costs;  // what the start says; nothing: all state is kept
};

/// kDiamond with its operators the other way round, and the aggregates of `spend` too.
inline std::string reordered_diamond() {
  const std::size_t first = kDiamond.find("  bought: {"), last = kDiamond.find("sinks:");
  std::vector<std::string> operators;
  for (std::size_t at = first; at < last;) {
    std::size_t end = kDiamond.find("\n  ", at) + 1;
    while (end < last && kDiamond[end + 2] == ' ') end = kDiamond.find('\n', end) + 1;
    if (end == 0 || end > last) end = last;
    operators.push_back(kDiamond.substr(at, end - at));
    at = end;
  }
  std::string all;
  for (auto one = operators.rbegin(); one != operators.rend(); ++one) all += *one;
  all = kDiamond.substr(0, first) + all + kDiamond.substr(last);
  return edited(edited(all, "      spread: { std: amount }\n", ""),
                "      previous: { lag: amount, by: 2 }\n",
                "      previous: { lag: amount, by: 2 }\n      spread: { std: amount }\n");
}

inline std::vector<Change> harmless_changes() {
  const std::string fraud = "    fallback: 0.5\n";
  return {
      {"threshold", edited(kDiamond, fraud, fraud + "    threshold: 0.7\n"), {}},
      {"fallback", edited(kDiamond, fraud, "    fallback: 0.25\n"), {}},
      {"new reader",
       edited(kDiamond, "sinks:\n",
              "  kinds: { type: filter, input: fraud.outcomes, when: kind == 'event' }\nsinks:\n"
              "  kinds: { type: kafka, input: kinds, topic: kinds }\n"),
       {}},
      {"new sink", kDiamond + "  spend: { type: kafka, input: spend, topic: spend }\n", {}},
      {"one more aggregate",
       edited(kDiamond, "      spread: { std: amount }\n",
              "      spread: { std: amount }\n      peak: { max: amount, over: 5m }\n"),
       {"operator spend, aggregate peak starts cold: it is new"}},
      {"an aggregate removed",
       edited(kDiamond, "      spread: { std: amount }\n", ""),
       {"operator spend, aggregate spread is gone, and what it kept with it"}},
      {"reordered file", reordered_diamond(), {}},
      {"smaller max_waiting",
       edited(kDiamond, "wait: 20s, absent: true", "wait: 20s, absent: true, max_waiting: 3"),
       {}},
      {"other wait", edited(kDiamond, "wait: 20s", "wait: 40s"), {}},
  };
}

}  // namespace weir::engine_test
