#pragma once

#include <string>

namespace weir {

/// The program's version and the commit it was built from.
extern const char* const kVersion;
extern const char* const kBuild;

/// Both, for people: `weir 0.1.0 (1a2b3c4d5e6f)`.
std::string version_text();

}  // namespace weir
