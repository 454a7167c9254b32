// Any text as a pipeline file: it is refused with at least one message at a place inside it, or it
// binds to a graph whose description and schema can be written.

#include <algorithm>
#include <cstdint>
#include <string>

#include "connectors/registry.h"
#include "operators/registry.h"
#include "pipeline/config/config.h"
#include "pipeline/config/vocabulary.h"
#include "pipeline/core/check.h"
#include "pipeline/graph/graph.h"
#include "pipeline/yaml/problems.h"

namespace weir {
namespace {

Vocabulary vocabulary() {
  return {.sources = source_types(),
          .operators = operator_types(),
          .sinks = sink_types(),
          .formats = format_types(),
          .kafka_property = [](const std::string&, const std::string&) { return std::string(); }};
}

void check_places(const Problems& problems, const std::string& text) {
  // A carriage return is a line break of YAML's too.
  const auto lines = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n') +
                                                std::count(text.begin(), text.end(), '\r'));
  for (const Problems::Problem& problem : problems.all()) {
    check(!problem.message.empty(), "a problem has a message");
    check(problem.place.line <= lines + 2, "a problem is at a line of the file");
  }
  check(problems.all().empty() == problems.render().empty(), "every problem is printed");
}

}  // namespace
}  // namespace weir

// libfyaml 0.7.12 itself loses a buffer of 1 KiB on some syntax errors; a file is read once.
extern "C" const char* __lsan_default_suppressions() { return "leak:libfyaml"; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  static const Vocabulary words = vocabulary();
  const std::string text(reinterpret_cast<const char*>(data), size);
  Problems problems("pipeline.yaml", text);
  const Config config = read_config(
      {.file = "pipeline.yaml", .text = text, .set = {}, .environment = {{"HOST", "a:1"}}}, words,
      problems);
  const auto graph = bind_graph(config, problems);
  check(graph.has_value() != problems.any_error(), "a graph, or an error that says why not");
  check_places(problems, text);
  if (graph) {
    check(!resolved_config(config).empty(), "it can be recorded");
    check(!graph_text(*graph).empty(), "it can be shown");
  }
  return 0;
}
