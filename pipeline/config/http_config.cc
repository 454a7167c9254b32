#include <fmt/format.h>

#include <optional>

#include "pipeline/config/config.h"
#include "pipeline/core/number_text.h"

namespace weir {
namespace {

bool is_address(std::string_view listen) {
  if (listen == "off") return true;
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::optional<std::size_t> port = read_whole_number(listen.substr(colon + 1));
  return port && *port <= 65'535;
}

}  // namespace

void HttpConfig::describe(OptionVisitor& option) {
  option("listen", listen,
         {.doc = "address and port of /metrics, /readyz and the rest; port 0: any free one; `off`",
          .example = "0.0.0.0:8080"});
  if (option.reading() && !is_address(listen))
    option.fail("listen", fmt::format("must be ADDRESS:PORT or off, not `{}`", listen));
}

}  // namespace weir
