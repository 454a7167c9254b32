#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "connectors/kafka/kafka_log.h"
#include "connectors/registry.h"
#include "operators/registry.h"
#include "pipeline/config/config.h"
#include "pipeline/graph/graph.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<fs::path> wrong_files() {
  std::vector<fs::path> files;
  for (const auto& entry :
       fs::directory_iterator(std::string(WEIR_SOURCE_DIR) + "/tests/pipeline/graph/wrong"))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

/// Everything that is said about a file.
std::string said_about(const fs::path& file) {
  const ConfigInput input{.file = file.filename().string(),
                          .text = text_of(file),
                          .set = {},
                          .environment = {{"SECRET", "hunter2 is the word"}}};
  Problems problems(input.file, input.text);
  const Vocabulary vocabulary = {source_types(), operator_types(), sink_types(), format_types(),
                                 kafka_property};
  const Config config = read_config(input, vocabulary, problems);
  const std::optional<Graph> graph = bind_graph(config, problems);
  EXPECT_EQ(graph.has_value(), !problems.any_error());
  return problems.render();
}

class WrongFile : public testing::TestWithParam<fs::path> {};

// With WEIR_WRITE_EXPECTED set, what is said now is written as what is expected: to be read by a
// person before it is kept.
TEST_P(WrongFile, SaysExactlyWhatIsExpected) {
  const std::string said = said_about(GetParam());
  fs::path expected = GetParam();
  expected.replace_extension(".txt");
  if (std::getenv("WEIR_WRITE_EXPECTED") != nullptr) std::ofstream(expected) << said;
  EXPECT_NE(said.find("error: "), std::string::npos);
  EXPECT_EQ(said, text_of(expected));
  EXPECT_EQ(said.find("hunter2"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Config, WrongFile, testing::ValuesIn(wrong_files()),
                         [](const auto& tested) {
                           std::string name = tested.param.stem().string();
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(WrongFiles, HaveNotGoneMissing) { EXPECT_GE(wrong_files().size(), 60U); }

}  // namespace
}  // namespace weir
