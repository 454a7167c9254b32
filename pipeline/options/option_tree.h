#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/options.h"

namespace weir {

struct OptionTree;

/// The highest index of a RecordPath.
inline constexpr std::size_t kMaxIndex = 1'000'000;

/// The highest count: 2^53, up to which a number is exact.
inline constexpr double kLargestCount = 9007199254740992.0;

/// A component that an option accepts, with the options it has itself.
struct ChoiceTree {
  std::string name;
  std::string doc;
  std::string later;
  std::vector<OptionTree> options;
};

/// One option as its component describes it: what the JSON Schema, the documentation and the hints
/// for misplaced keys are made of.
struct OptionTree {
  enum class Kind : std::uint8_t {
    number,
    count,
    boolean,
    text,
    duration,
    extent,
    duration_or_off,
    literal,
    written,
    written_list,
    record_path,
    block,
    entries,
    component,
    components
  };

  std::string name;  // empty: the value of an entry itself
  Kind kind = Kind::number;
  std::string doc;
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  std::vector<std::string> words;  // the texts allowed; empty: any
  std::string pattern;             // of the texts allowed; empty: any

  bool required = false;
  bool per_name = false;  // a component may also be given to each of some names

  std::string later;
  std::string example;
  std::string default_value;        // as JSON; empty: none
  std::vector<OptionTree> options;  // of a block, or of each entry
  std::vector<ChoiceTree> choices;  // of a component, or of each in a list
};

/// What `describe` names, with the defaults that hold before anything is read. Use a fresh
/// component.
std::vector<OptionTree> describe_options(const OptionVisitor::Inside& describe);

/// Whether an extent may be `all`, by the forms that its rule lists (none: it has each).
bool takes_all(const std::vector<std::string_view>& forms);

/// `a|b|c` apart.
std::vector<std::string_view> split_words(std::string_view words);

}  // namespace weir
