#include "pipeline/graph/graph_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace weir {
namespace {

std::string key_text(const SourceConfig& source) {
  std::string text;
  for (const Written& field : source.key) text += (text.empty() ? "`" : "`, `") + field.text;
  return text + "`";
}

/// The types of a key's fields; fewer of them where a field is not there, which is reported.
std::vector<Type> key_types(const SourceConfig& source) {
  const Schema schema = source.schema();
  std::vector<Type> types;
  for (const Written& field : source.key)
    if (const auto at = schema.find(field.text)) types.push_back(schema.fields[*at].type);
  return types;
}

/// Two sources whose rows meet in `node`.
void check_meeting(const Node& node, const SourceConfig& one, const SourceConfig& other,
                   std::size_t shards, Problems& problems) {
  const std::vector<Type> types = key_types(one);
  const std::vector<Type> others = key_types(other);
  if (one.key.empty() || other.key.empty() || types.size() != one.key.size() ||
      others.size() != other.key.size())
    return;
  const std::string met = fmt::format("with {} shards the rows of `{}` and `{}` meet in `{}`",
                                      shards, one.name.text, other.name.text, node.name);
  if (types.size() != others.size()) {
    problems.error(other.key[0].place,
                   fmt::format("{}, but their keys {} and {} differ in number: rows that belong "
                               "together would be in different shards",
                               met, key_text(one), key_text(other)));
    return;
  }
  for (std::size_t i = 0; i < types.size(); ++i)
    if (types[i] != others[i]) {
      problems.error(other.key[i].place,
                     fmt::format("{}, but the key `{}` is a {} and `{}` a {}: rows that belong "
                                 "together would be in different shards",
                                 met, one.key[i].text, type_name(types[i]), other.key[i].text,
                                 type_name(others[i])));
      return;
    }
  if (!std::ranges::equal(one.key, other.key, {}, &Written::text, &Written::text))
    problems.warning(other.key[0].place,
                     fmt::format("{}: unless their keys {} and {} mean the same thing, rows that "
                                 "belong together are in different shards and never meet",
                                 met, key_text(one), key_text(other)));
}

}  // namespace

void check_keys(const Config& config, const Graph& graph, Problems& problems) {
  const std::size_t shards = config.engine.shards;
  if (shards < 2) return;
  for (const SourceNode& source : graph.sources)
    if (source.config->key.empty())
      problems.error(source.config->name.place,
                     fmt::format("with {} shards source `{}` needs `key:`, the field that decides "
                                 "a record's partition",
                                 shards, source.name));
  std::set<std::pair<std::size_t, std::size_t>> met;
  for (const Node& node : graph.nodes) {
    const std::vector<Written> key = node.spec->key();
    for (const std::size_t s : node.sources) {
      const SourceConfig& source = *graph.sources[s].config;
      for (const Written& wanted : source.key)
        if (!key.empty() && std::ranges::find(key, wanted.text, &Written::text) == key.end())
          problems.error(key[0].place,
                         fmt::format("with {} shards the key of `{}` must contain `{}`, the key "
                                     "of source `{}`: rows of one key would be spread over shards",
                                     shards, node.name, wanted.text, source.name.text));
      const std::size_t first = node.sources[0];
      if (s == first || !met.insert({first, s}).second) continue;
      const SourceConfig& other = *graph.sources[first].config;
      if (graph.sources[first].role != PortRole::rows)  // they are named first
        check_meeting(node, source, other, shards, problems);
      else
        check_meeting(node, other, source, shards, problems);
    }
  }
}

void identify_keys(GraphDraft& draft) {
  const auto identify = [&](std::size_t stream, const std::vector<Written>& key) {
    for (const Written& name : key)
      if (const auto field = draft.graph.streams[stream].schema.find(name.text))
        draft.identify(draft.lineage.origins(stream)[*field], name);
  };
  // The sources' streams are the first.
  for (std::size_t s = 0; s < draft.graph.sources.size(); ++s)
    identify(s, draft.graph.sources[s].config->key);
  for (const SinkNode& sink : draft.graph.sinks)
    for (const std::size_t stream : sink.inputs) identify(stream, sink.config->key);
}

}  // namespace weir
