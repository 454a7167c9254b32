#include "pipeline/graph/pipeline.h"

#include <stdexcept>

namespace weir {

std::unique_ptr<Pipeline> read_pipeline(const ConfigInput& input, const Vocabulary& vocabulary,
                                        Problems& problems) {
  auto pipeline = std::make_unique<Pipeline>();
  pipeline->config = read_config(input, vocabulary, problems);
  pipeline->graph = bind_graph(pipeline->config, problems);
  return pipeline;
}

std::unique_ptr<Pipeline> read_recorded(const std::string& resolved, const Vocabulary& vocabulary) {
  ConfigInput input;
  input.file = "the recorded pipeline";
  input.text = resolved;
  input.recorded = true;
  Vocabulary words = vocabulary;
  words.kafka_property = nullptr;  // they were good; what came from the environment is "***" here
  Problems problems(input.file, input.text);
  auto pipeline = read_pipeline(input, words, problems);
  if (!pipeline->graph)
    throw std::runtime_error(
        "this program cannot read the recorded pipeline; run it once more with the program that "
        "recorded it, or start under another pipeline name:\n" +
        problems.render());
  return pipeline;
}

}  // namespace weir
