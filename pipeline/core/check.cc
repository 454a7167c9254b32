#include "pipeline/core/check.h"

#include <cstdio>
#include <cstdlib>

namespace weir {

void check_failed(const char* what, std::source_location place) {
  std::fprintf(stderr, "weir: bug: not true: %s (%s:%u in %s)\n", what, place.file_name(),
               static_cast<unsigned>(place.line()), place.function_name());
  std::abort();
}

}  // namespace weir
