#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "pipeline/engine/config.h"
#include "tests/pipeline/engine/fake_vocabulary_test.h"

namespace weir {
namespace {

std::string file_text(const std::string& path) {
  std::ifstream in(std::string(WEIR_SOURCE_DIR) + "/" + path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(ReadConfig, ReadsTheExampleWithoutAProblem) {
  const std::string text = file_text("deploy/examples/fraud.yaml");
  Problems problems("fraud.yaml", text);
  const ConfigInput input{.file = "fraud.yaml", .text = text, .set = {}, .environment = {}};
  const Config config = read_config(input, fake_vocabulary(), problems);
  EXPECT_EQ(problems.render(), "");
  EXPECT_EQ(config.pipeline.text, "card-fraud");
  EXPECT_EQ(config.kafka.at("bootstrap.servers"), "localhost:9092");
  ASSERT_EQ(config.sources.size(), 2U);
  EXPECT_EQ(config.sources[0].lateness.ms, 30'000);
  EXPECT_EQ(config.sources[1].idle.ms, 30'000);
  ASSERT_EQ(config.sources[0].fields.size(), 6U);
  EXPECT_EQ(config.sources[0].fields[5].field, (Field{"ts", Type::time}));
  EXPECT_EQ(config.operators.size(), 6U);
  EXPECT_EQ(config.sinks.size(), 2U);
}

}  // namespace
}  // namespace weir
