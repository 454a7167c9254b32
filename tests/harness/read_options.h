#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/options.h"

namespace weir {

/// Reads the options of one component from `text`, as they stand in a pipeline file (YAML, and so
/// JSON), with the reader of the program. Returns each mistake as the sentence that a user reads,
/// in the order of the text and without its place. `what`: the component's name in sentences.
std::vector<std::string> read_options(std::string_view text,
                                      const OptionVisitor::Inside& describe,
                                      std::string what = "the component");

}  // namespace weir
