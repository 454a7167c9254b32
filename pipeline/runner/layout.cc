#include "pipeline/runner/layout.h"

#include "pipeline/core/topic_names.h"

namespace weir {

std::vector<std::string> output_topics(const Graph& graph) {
  std::vector<std::string> topics;
  for (const SinkNode& sink : graph.sinks) topics.push_back(sink.config->spec->topic());
  topics.push_back(dead_letters_topic(graph.pipeline));
  return topics;
}

}  // namespace weir
