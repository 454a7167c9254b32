#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/yaml/problems.h"
#include "pipeline/yaml/yaml.h"

namespace weir {

/// Replaces `${NAME}` and `${NAME:-default}` (the default also when NAME is empty) in every scalar
/// that is a value, each replacement within its one scalar; `$${` stands for `${`. Keeps what was
/// written in YamlNode::written, and hides the values in `problems`. A NAME that is not set and has
/// no default is reported.
void substitute(YamlNode& node, const std::map<std::string, std::string>& environment,
                Problems& problems);

/// The text that `substitute` gives back as `text`.
std::string unsubstituted(std::string_view text);

/// Carries out `--set path=value`: the path's parts are keys (under `kafka:` all the rest is one
/// key) or numbers of list items from 0; what is missing is made. Values are YAML.
void apply_settings(YamlNode& root, const std::vector<std::pair<std::string, std::string>>& set,
                    Problems& problems);

}  // namespace weir
