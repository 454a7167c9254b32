#include "pipeline/graph/graph_topics.h"

#include <fmt/format.h>

#include <string>

#include "pipeline/core/topic_names.h"

namespace weir {
namespace {

template <class Config>
std::string topic_of(const Config& config) {
  return config.spec ? config.spec->topic() : std::string();
}

/// What weir does with a topic of its own; empty: it is none.
std::string own_use(const std::string& topic, const std::string& pipeline) {
  if (topic == dead_letters_topic(pipeline))
    return "the dead letters of this pipeline";
  if (topic.starts_with("weir." + pipeline + "."))
    return "a topic of weir's own for this pipeline";
  return {};
}

void check_own(const Graph& graph, Problems& problems) {
  for (const SourceNode& source : graph.sources) {
    if (source.config->elsewhere()) continue;  // that topic is another cluster's
    const std::string topic = topic_of(*source.config);
    if (const std::string use = own_use(topic, graph.pipeline); !use.empty())
      problems.error(source.config->name.place,
                     fmt::format("source `{}` reads topic `{}`, {}: what is bad in it would come "
                                 "back for ever. Read it with another pipeline",
                                 source.name, topic, use));
  }
  for (const SinkNode& sink : graph.sinks) {
    const std::string topic = topic_of(*sink.config);
    if (const std::string use = own_use(topic, graph.pipeline); !use.empty())
      problems.error(sink.config->name.place,
                     fmt::format("sink `{}` writes topic `{}`, {}: give it another name",
                                 sink.name, topic, use));
  }
}

/// Rows of a topic that is read and written circulate for ever, unless a filter ends it.
void check_loops(const Graph& graph, Problems& problems) {
  for (const SourceNode& source : graph.sources)
    for (const SinkNode& sink : graph.sinks) {
      const std::string topic = topic_of(*sink.config);
      if (topic.empty() || topic_of(*source.config) != topic || source.config->elsewhere() ||
          !own_use(topic, graph.pipeline).empty())
        continue;
      problems.warning(sink.config->name.place,
                       fmt::format("sink `{}` writes topic `{}`, which source `{}` reads: "
                                   "its rows come back",
                                   sink.name, topic, source.name));
    }
}

}  // namespace

void check_topics(const Graph& graph, Problems& problems) {
  check_own(graph, problems);
  check_loops(graph, problems);
}

}  // namespace weir
