#include "tests/harness/read_options.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "pipeline/options/option_reader.h"
#include "pipeline/yaml/problems.h"
#include "pipeline/yaml/yaml.h"

namespace weir {
namespace {

std::vector<std::string> sentences(std::vector<Problems::Problem> problems) {
  std::stable_sort(problems.begin(), problems.end(), [](const auto& a, const auto& b) {
    return std::tie(a.place.line, a.place.column) < std::tie(b.place.line, b.place.column);
  });
  std::vector<std::string> sentences;
  for (Problems::Problem& problem : problems) sentences.push_back(std::move(problem.message));
  return sentences;
}

}  // namespace

std::vector<std::string> read_options(std::string_view text,
                                      const OptionVisitor::Inside& describe, std::string what) {
  Problems problems("options", std::string(text));
  const std::optional<YamlNode> node = parse_yaml(text, problems);
  if (node) {
    OptionScope scope;
    scope.what = std::move(what);
    OptionReader reader(&*node, node->place, scope, problems);
    describe(reader);
    reader.finish();
    report_unknown_keys(scope, problems);
  }
  return sentences(problems.all());
}

}  // namespace weir
