#include "deploy/weir/version.h"

namespace weir {

const char* const kVersion = WEIR_VERSION;
const char* const kBuild = WEIR_BUILD;

}  // namespace weir
