#pragma once

namespace weir {

/// The program's version and the commit it was built from.
extern const char* const kVersion;
extern const char* const kBuild;

}  // namespace weir
