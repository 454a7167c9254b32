#pragma once

#include <string>
#include <vector>

#include "pipeline/core/options.h"

namespace weir {

/// How the options of a component contradict themselves, a sentence each: a default or an example
/// that the option's own rule refuses, an option or a choice without documentation. Looks into
/// blocks, entries and every choice. Use a fresh component.
///
/// An empty text is no contradiction: it stands for an option that was left out.
std::vector<std::string> contradictions(const OptionVisitor::Inside& describe);

}  // namespace weir
