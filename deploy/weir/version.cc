#include "deploy/weir/version.h"

namespace weir {

const char* const kVersion = WEIR_VERSION;
const char* const kBuild = WEIR_BUILD;

std::string version_text() { return std::string("weir ") + kVersion + " (" + kBuild + ")"; }

}  // namespace weir
