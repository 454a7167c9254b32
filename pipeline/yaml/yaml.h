#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/options.h"
#include "pipeline/yaml/problems.h"

namespace weir {

struct YamlEntry;

/// A value of a YAML document with its place; aliases are resolved.
struct YamlNode {
  enum class Kind : std::uint8_t { scalar, list, map };

  Kind kind = Kind::scalar;
  Place place = {};                // of a quoted scalar: its first character inside the quotes
  std::string text;                // of a scalar
  bool plain = true;               // a scalar without quotes: typed by YAML 1.2's core schema
  std::string written;             // of a scalar with `${...}`: as it was written; else empty
  bool flow = false;               // a list or map inside [ ] or { }
  std::vector<YamlNode> items;     // of a list
  std::vector<YamlEntry> entries;  // of a map, as written; each key once

  bool scalar() const { return kind == Kind::scalar; }
  bool list() const { return kind == Kind::list; }
  bool map() const { return kind == Kind::map; }
  /// Nothing written: an empty scalar, `~` or `null`.
  bool null() const;
  const YamlNode* find(std::string_view key) const;
  YamlNode* find(std::string_view key);
};

struct YamlEntry {
  Written key;
  YamlNode value;
};

/// What a file may hold; beyond it is an error.
struct YamlLimits {
  std::size_t bytes = 1 << 20;
  std::size_t depth = 32;
  std::size_t nodes = 10'000;  // after aliases are resolved
};

/// Parses one document with libfyaml. A syntax error, an unknown alias or a limit is reported and
/// ends the reading: nothing is returned. Duplicate keys are reported, and the first holds.
/// `argument`: the place of everything when the text stood on the command line.
std::optional<YamlNode> parse_yaml(std::string_view text, Problems& problems,
                                   std::optional<Place> argument = std::nullopt,
                                   const YamlLimits& limits = {});

/// The sentence for a syntax error that says what to write instead, for the mistakes that a
/// pipeline file invites; `message` is libfyaml's.
std::string yaml_hint(std::string_view text, Place place, std::string_view message);

/// Puts together again the expressions that a comma inside { } or [ ] has cut into pieces
/// (`{ x: if(a, b, c) }`), and reports each.
void mend_cut_expressions(YamlNode& node, Problems& problems);

}  // namespace weir
