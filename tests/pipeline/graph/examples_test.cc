#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "connectors/kafka/kafka_log.h"
#include "connectors/registry.h"
#include "operators/registry.h"
#include "pipeline/config/config.h"
#include "pipeline/graph/graph.h"
#include "pipeline/options/option_slot.h"

namespace weir {
namespace {

Vocabulary vocabulary() {
  return {source_types(), operator_types(), sink_types(), format_types(), kafka_property};
}

std::string text_of(const std::filesystem::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// What stands between two texts for the first time, or nothing.
std::string between(const std::string& text, std::string_view begin, std::string_view end) {
  const std::size_t at = text.find(begin);
  const std::size_t to = at == std::string::npos ? at : text.find(end, at + begin.size());
  if (to == std::string::npos) return {};
  return text.substr(at + begin.size(), to - at - begin.size());
}

std::string readme() { return text_of(std::string(WEIR_SOURCE_DIR) + "/README.md"); }

TEST(Readme, ShowsAPipelineWithoutAProblem) {
  const std::string yaml = between(readme(), "```yaml\n", "```");
  EXPECT_TRUE(yaml.starts_with("version: 1\npipeline: rain\n")) << yaml;
  const ConfigInput input{"rain.yaml", yaml, {}, {}};
  Problems problems(input.file, input.text);
  EXPECT_TRUE(bind_graph(read_config(input, vocabulary(), problems), problems));
  EXPECT_EQ(problems.render(), "");
}

TEST(Readme, ShowsWhatIsSaidOfAWrongFieldOfThatPipeline) {
  std::string yaml = between(readme(), "```yaml\n", "```");
  const std::string right = "features: [temperature, pressure]";
  const std::size_t at = yaml.find(right);
  ASSERT_NE(at, std::string::npos);
  yaml.replace(at, right.size(), "features: [temperature, presure]");
  const ConfigInput input{"rain.yaml", yaml, {}, {}};
  Problems problems(input.file, input.text);
  bind_graph(read_config(input, vocabulary(), problems), problems);
  const std::string shown = between(readme(), "are answered like this:\n\n```\n", "```");
  // The README cuts the line of the file short.
  const std::string begin = shown.substr(0, shown.find("..."));
  EXPECT_GT(begin.size(), 100U);
  EXPECT_TRUE(problems.render().starts_with(begin)) << problems.render();
  EXPECT_NE(problems.render().find(shown.substr(shown.find("...") + 3)), std::string::npos)
      << problems.render();
}

TEST(Examples, AreCheckedWithoutAProblem) {
  std::size_t files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(WEIR_SOURCE_DIR) + "/deploy/examples")) {
    if (entry.path().extension() != ".yaml") continue;
    ++files;
    const ConfigInput input{entry.path().filename(), text_of(entry.path()), {}, {}};
    Problems problems(input.file, input.text);
    const Config config = read_config(input, vocabulary(), problems);
    EXPECT_TRUE(bind_graph(config, problems));
    EXPECT_EQ(problems.render(), "");

    const std::string once = resolved_config(config);
    Problems none("resolved", once);
    EXPECT_EQ(resolved_config(read_config({"resolved", once, {}, {}}, vocabulary(), none)), once);
    EXPECT_EQ(none.render(), "");
  }
  EXPECT_GE(files, 3U);
}

/// Every `$ref` in a schema.
void collect_references(const Json& schema, std::set<std::string>& out) {
  if (schema.is_object() && schema.contains("$ref")) out.insert(schema["$ref"]);
  if (schema.is_structured())
    for (const Json& part : schema) collect_references(part, out);
}

TEST(ConfigSchema, NamesEveryTypeAndEveryOptionThatExists) {
  const Json schema = Json::parse(config_schema(vocabulary()));
  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
  std::set<std::string> references;
  collect_references(schema, references);
  EXPECT_EQ(references, std::set<std::string>{"#/$defs/substituted"});
  EXPECT_TRUE(schema["$defs"].contains("substituted"));

  const Json& forms = schema["properties"]["operators"]["additionalProperties"]["anyOf"];
  std::set<std::string> types;
  for (const Json& form : forms) types.insert(form["properties"]["type"]["const"]);
  std::set<std::string> there;
  for (const OperatorType& type : operator_types())
    if (type.make != nullptr) there.insert(std::string(type.name));
  EXPECT_EQ(types, there);
  const auto model = std::find_if(forms.begin(), forms.end(), [](const Json& form) {
    return form["properties"]["type"]["const"] == "model";
  });
  EXPECT_EQ((*model)["properties"]["threshold"]["default"], 0.5);
  EXPECT_EQ((*model)["additionalProperties"], false);
  EXPECT_TRUE((*model)["properties"].contains("steps"));
}

TEST(DescribeComponent, KnowsEverythingThatIsListed) {
  const Json list = Json::parse(list_components(vocabulary(), true));
  std::set<std::string> kinds;
  for (const Json& one : list) {
    kinds.insert(one["kind"]);
    const std::string name = one["name"];
    EXPECT_FALSE(one["doc"].get<std::string>().empty()) << name;
    EXPECT_NE(describe_component(vocabulary(), name, false).find(name), std::string::npos);
    EXPECT_FALSE(Json::parse(describe_component(vocabulary(), name, true)).empty()) << name;
  }
  for (const char* kind : {"source", "operator", "sink", "format", "step", "detector", "field type",
                           "section", "function"})
    EXPECT_TRUE(kinds.contains(kind)) << kind;
  EXPECT_EQ(describe_component(vocabulary(), "nothing", false), "");
  EXPECT_EQ(describe_component(vocabulary(), "nothing", true), "");
}

TEST(DescribeComponent, TellsTypeRangeDefaultAndMeaning) {
  const std::string text = describe_component(vocabulary(), "one_hot", false);
  EXPECT_NE(text.find("one_hot (step)"), std::string::npos) << text;
  EXPECT_NE(text.find("max: whole number"), std::string::npos) << text;
  EXPECT_NE(describe_component(vocabulary(), "engine", false)
                .find("batch_rows: whole number from 1 to 65536; default 4096"),
            std::string::npos);
}

TEST(Options, AllSayWhatTheyMean) {
  const auto documented = [](const Json& options, const std::string& where,
                             const auto& self) -> void {
    for (const Json& option : options) {
      EXPECT_FALSE(option["doc"].get<std::string>().empty()) << where << "." << option["name"];
      if (option.contains("options"))
        self(option["options"], where + "." + option["name"].get<std::string>(), self);
    }
  };
  for (const Json& one : Json::parse(list_components(vocabulary(), true)))
    for (const Json& described :
         Json::parse(describe_component(vocabulary(), one["name"].get<std::string>(), true)))
      if (described.contains("options"))
        documented(described["options"], described["name"], documented);
}

}  // namespace
}  // namespace weir
