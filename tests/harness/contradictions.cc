#include "tests/harness/contradictions.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "pipeline/options/option_slot.h"
#include "pipeline/options/option_tree.h"
#include "pipeline/yaml/problems.h"
#include "pipeline/yaml/yaml.h"

namespace weir {
namespace {

using Kind = OptionTree::Kind;

/// A value of each kind, to read into.
struct Slots {
  double number = 0;
  std::size_t count = 0;
  bool boolean = false;
  std::string text;
  Duration duration;
  Extent extent;
  DurationOrOff duration_or_off;
  Literal literal;
  Written written;
  std::vector<Written> list;
  RecordPath path;

  /// Nothing for what holds options itself.
  std::optional<OptionVisitor::Slot> of(Kind kind) {
    switch (kind) {
      case Kind::number:
        return &number;
      case Kind::count:
        return &count;
      case Kind::boolean:
        return &boolean;
      case Kind::text:
        return &text;
      case Kind::duration:
        return &duration;
      case Kind::extent:
        return &extent;
      case Kind::duration_or_off:
        return &duration_or_off;
      case Kind::literal:
        return &literal;
      case Kind::written:
        return &written;
      case Kind::written_list:
        return &list;
      case Kind::record_path:
        return &path;
      case Kind::block:
      case Kind::entries:
      case Kind::component:
      case Kind::components:
        return std::nullopt;
    }
    return std::nullopt;
  }
};

/// What the option's rule says about a value written as `text`, or nothing.
std::string refusal(const OptionTree& option, std::string_view text) {
  Slots slots;
  const std::optional<OptionVisitor::Slot> slot = slots.of(option.kind);
  if (!slot) return {};
  Problems problems("option", std::string(text));
  const std::optional<YamlNode> node = parse_yaml(text, problems);
  if (!node) return problems.all().front().message;
  std::string choices;
  for (const std::string& word : option.words) choices += (choices.empty() ? "" : "|") + word;
  return read_slot(*node, *slot,
                   {.doc = option.doc, .min = option.min, .max = option.max, .choices = choices});
}

class Examination {
 public:
  void examine(const std::vector<OptionTree>& options, const std::string& above) {
    for (const OptionTree& option : options) examine(option, above + option.name);
  }

  std::vector<std::string> found;

 private:
  void examine(const OptionTree& option, const std::string& path) {
    if (option.doc.empty()) found.push_back("`" + path + "` has no documentation");
    if (!option.later.empty()) return;
    if (option.default_value != R"("")")
      examine_value(option, path, "default", option.default_value);
    examine_value(option, path, "example", option.example);
    examine(option.options, path + ".");
    for (const ChoiceTree& choice : option.choices) {
      if (choice.doc.empty())
        found.push_back("`" + path + "." + choice.name + "` has no documentation");
      examine(choice.options, path + "." + choice.name + ".");
    }
  }

  void examine_value(const OptionTree& option, const std::string& path, const std::string& what,
                     const std::string& text) {
    if (text.empty()) return;
    const std::string message = refusal(option, text);
    if (!message.empty()) found.push_back("the " + what + " of `" + path + "` " + message);
  }
};

}  // namespace

std::vector<std::string> contradictions(const OptionVisitor::Inside& describe) {
  Examination examination;
  examination.examine(describe_options(describe), "");
  return std::move(examination.found);
}

}  // namespace weir
