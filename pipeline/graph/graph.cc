#include "pipeline/graph/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "pipeline/core/check.h"
#include "pipeline/graph/graph_binding.h"
#include "pipeline/graph/graph_fingerprint.h"
#include "pipeline/graph/graph_keys.h"
#include "pipeline/graph/graph_topics.h"

namespace weir {
namespace {

std::string_view operator_of(std::string_view edge) { return edge.substr(0, edge.find('.')); }

class Builder {
 public:
  Builder(const Config& config, Problems& problems) : draft_{config, problems, {}, {}, {}, {}} {}

  std::optional<Graph> build() {
    draft_.graph.pipeline = draft_.config.pipeline.text;
    add_sources();
    for (const OperatorConfig& node : sorted_operators()) visit(node);
    add_sinks();
    check_readers();
    check_keys(draft_.config, draft_.graph, draft_.problems);
    identify_keys(draft_);
    check_topics(draft_.graph, draft_.problems);
    spread_needs();
    mark_fields();
    if (draft_.problems.any_error()) return std::nullopt;
    for (const Node& node : draft_.graph.nodes)
      check(node.plan != nullptr, "an operator without a mistake has a plan");
    set_fingerprints(draft_.config, draft_.graph);
    return std::move(draft_.graph);
  }

 private:
  /// The words that may stand for an edge, for suggestions.
  std::vector<std::string> edge_names() const {
    std::vector<std::string> names;
    for (const SourceConfig& source : draft_.config.sources) names.push_back(source.name.text);
    for (const OperatorConfig& node : draft_.config.operators) names.push_back(node.name.text);
    for (const Stream& stream : draft_.graph.streams)
      if (stream.name.find('.') != std::string::npos) names.push_back(stream.name);
    return names;
  }

  using Operators = std::vector<std::reference_wrapper<const OperatorConfig>>;

  Operators sorted_operators() const {
    Operators sorted(draft_.config.operators.begin(), draft_.config.operators.end());
    std::ranges::sort(sorted, {}, [](const OperatorConfig& node) { return node.name.text; });
    return sorted;
  }

  void add_sources() {
    std::vector<const SourceConfig*> sorted;
    for (const SourceConfig& source : draft_.config.sources) sorted.push_back(&source);
    std::ranges::sort(sorted, {}, [](const SourceConfig* source) { return source->name.text; });
    for (const SourceConfig* source : sorted) {
      SourceNode node{source->name.text, source, source->fields, std::nullopt};
      const Schema schema = source->schema();
      for (FieldSpec& field : node.fields) field.read = field.required;
      if (source->time) node.time_field = source_field(*source, schema, *source->time, true);
      if (node.time_field) node.fields[*node.time_field].required = true;
      for (const Written& key : source->key)
        if (const auto field = source_field(*source, schema, key, false))
          node.fields[*field].required = true;
      const bool timed = source->time.has_value() || (source->spec && source->spec->timed());
      draft_.graph.sources.push_back(std::move(node));
      const std::size_t stream = draft_.add_stream(source->name.text, schema, timed, {});
      draft_.graph.streams[stream].of_records = true;
    }
  }

  std::optional<std::size_t> source_field(const SourceConfig& source, const Schema& schema,
                                          const Written& name, bool time) {
    const auto at = schema.find(name.text);
    if (!at && schema.fields.empty()) return std::nullopt;  // that it has none is reported
    if (!at) {
      draft_.problems.error(
          name.place, fmt::format("source `{}` has no field `{}`{}", source.name.text, name.text,
                                  suggestion(name.text, schema)));
      return std::nullopt;
    }
    if (time && schema.fields[*at].type != Type::time) {
      draft_.problems.error(name.place, fmt::format("`time: {}` needs a field of type time, not {}",
                                                    name.text, type_name(schema.fields[*at].type)));
      return std::nullopt;
    }
    return at;
  }

  /// The stream of an edge whose operator is bound already.
  std::optional<std::size_t> find_stream(std::string_view name) const {
    for (std::size_t i = 0; i < draft_.graph.streams.size(); ++i)
      if (draft_.graph.streams[i].name == name) return i;
    return std::nullopt;
  }

  const OperatorConfig* find_operator(std::string_view name) const {
    for (const OperatorConfig& node : draft_.config.operators)
      if (node.name.text == name) return &node;
    return nullptr;
  }

  bool is_source(std::string_view name) const {
    return std::ranges::any_of(draft_.config.sources, [&](const SourceConfig& source) {
      return source.name.text == name;
    });
  }

  /// Resolves an edge; reports it when it means nothing. No report when its operator is broken.
  std::optional<std::size_t> resolve(const Written& edge) {
    if (const auto stream = find_stream(edge.text)) return stream;
    const std::string_view owner = operator_of(edge.text);
    if (broken_.contains(owner)) return std::nullopt;
    if (find_operator(owner) != nullptr && owner != edge.text) {
      std::vector<std::string> valid;
      for (const BoundOutput& output : draft_.outputs[std::string(owner)])
        valid.push_back(draft_.graph.streams[output.stream].name);
      std::string all;
      for (const std::string& name : valid) all += (all.empty() ? "`" : ", `") + name + "`";
      draft_.problems.error(edge.place, fmt::format("`{}` has no output `{}`; it has {}", owner,
                                                    edge.text.substr(owner.size() + 1), all));
    } else {
      draft_.problems.error(edge.place,
                            fmt::format("there is no source or operator `{}`{}", edge.text,
                                        suggestion(edge.text, edge_names())));
    }
    return std::nullopt;
  }

  void visit(const OperatorConfig& config) {
    const std::string& name = config.name.text;
    if (draft_.outputs.contains(name) || broken_.contains(name)) return;
    if (!config.spec) {
      broken_.insert(name);
      return;
    }
    path_.push_back(name);
    bool whole = true;
    Node node{name, config.spec.get(), {}, {}, 0, {}, {}, nullptr, {}};
    for (const Written& edge : config.spec->inputs()) {
      if (edge.text.empty()) {  // a required option that was reported already
        whole = false;
        continue;
      }
      const std::string_view owner = operator_of(edge.text);
      if (const auto at = std::ranges::find(path_, owner); at != path_.end()) {
        std::string cycle;
        for (auto it = at; it != path_.end(); ++it) cycle += *it + " <- ";
        draft_.problems.error(edge.place, fmt::format("the graph has a cycle: {}{}", cycle, owner));
        whole = false;
        continue;
      }
      if (const OperatorConfig* upstream = find_operator(owner)) visit(*upstream);
      const auto stream = resolve(edge);
      if (stream)
        node.inputs.push_back(*stream);
      else
        whole = false;
    }
    path_.pop_back();
    if (whole)
      bind(config, std::move(node));
    else
      broken_.insert(name);
  }

  /// What an operator reads each of its sources for: rows, if they reach a port of rows too.
  std::map<std::size_t, PortRole> roles_in(const Node& node) const {
    std::map<std::size_t, PortRole> roles;
    for (std::size_t port = 0; port < node.inputs.size(); ++port) {
      const PortRole role = node.spec->port_role(port);
      for (const std::size_t source : draft_.graph.sources_of(node.inputs[port])) {
        PortRole& known = roles.emplace(source, role).first->second;
        if (known != PortRole::rows && role != PortRole::table) known = role;
      }
    }
    return roles;
  }

  void bind(const OperatorConfig& config, Node node) {
    for (const auto& [source, role] : roles_in(node)) {
      node.sources.push_back(source);
      PortRole& all = draft_.graph.sources[source].role;
      if (all == PortRole::rows || role == PortRole::labels) all = role;
    }
    draft_.outputs[node.name];
    NodeBinding binding(draft_, config, node);
    node.plan = node.spec->bind(binding);
    if (draft_.problems.any_error() && draft_.outputs[node.name].empty()) broken_.insert(node.name);
    draft_.graph.nodes.push_back(std::move(node));
  }

  void add_sinks() {
    std::vector<const SinkConfig*> sorted;
    for (const SinkConfig& sink : draft_.config.sinks) sorted.push_back(&sink);
    std::ranges::sort(sorted, {}, [](const SinkConfig* sink) { return sink->name.text; });
    for (const SinkConfig* sink : sorted) {
      SinkNode node{sink->name.text, sink, {}, {}, {}};
      for (const Written& edge : sink->inputs)
        if (const auto stream = resolve(edge)) add_sink_input(node, *stream, edge.place);
      check_fields_once(sink->fields);
      draft_.graph.sinks.push_back(std::move(node));
    }
  }

  void check_fields_once(const std::vector<Written>& fields) {
    for (auto name = fields.begin(); name != fields.end(); ++name)
      if (std::find_if(fields.begin(), name, [&](const Written& one) {
            return one.text == name->text;
          }) != name)
        draft_.problems.error(name->place,
                              fmt::format("the field `{}` is listed twice", name->text));
  }

  void add_sink_input(SinkNode& node, std::size_t stream, Place place) {
    const Schema& schema = draft_.graph.streams[stream].schema;
    if (!node.inputs.empty() && node.config->fields.empty() &&
        draft_.graph.streams[node.inputs[0]].schema != schema) {
      draft_.problems.error(place,
                            fmt::format("the inputs of sink `{}` have different fields: `{}` has "
                                        "{}; `{}` has {}",
                                        node.name, draft_.graph.streams[node.inputs[0]].name,
                                        list_names(draft_.graph.streams[node.inputs[0]].schema),
                                        draft_.graph.streams[stream].name, list_names(schema)));
      return;
    }
    if (node.passes_headers() && !draft_.graph.streams[stream].of_records)
      draft_.problems.error(
          place, fmt::format("sink `{}` cannot have `headers: pass`: a row of `{}` is not that of "
                             "one record, so there are no headers to pass on",
                             node.name, draft_.graph.streams[stream].name));
    node.inputs.push_back(stream);
    std::vector<std::size_t> fields = sink_fields(node, stream, node.config->fields);
    if (node.config->fields.empty())
      for (std::size_t i = 0; i < schema.size(); ++i) fields.push_back(i);
    for (const std::size_t field : fields) draft_.graph.streams[stream].needed[field] = true;
    node.fields.push_back(std::move(fields));
    node.key.push_back(sink_fields(node, stream, node.config->key));
    for (const std::size_t field : node.key.back())
      draft_.graph.streams[stream].needed[field] = true;
  }

  std::vector<std::size_t> sink_fields(const SinkNode& node, std::size_t stream,
                                       const std::vector<Written>& names) {
    std::vector<std::size_t> fields;
    const Schema& schema = draft_.graph.streams[stream].schema;
    for (const Written& name : names) {
      if (const auto field = schema.find(name.text))
        fields.push_back(*field);
      else
        draft_.problems.error(name.place,
                              fmt::format("`{}`, the input of sink `{}`, has no field `{}`{}",
                                          draft_.graph.streams[stream].name, node.name, name.text,
                                          suggestion(name.text, schema)));
    }
    return fields;
  }

  void check_readers() {
    std::set<std::size_t> read;
    for (const Node& node : draft_.graph.nodes) read.insert(node.inputs.begin(), node.inputs.end());
    for (const SinkNode& sink : draft_.graph.sinks)
      read.insert(sink.inputs.begin(), sink.inputs.end());
    // A reader that is broken itself still names its input.
    std::set<std::string, std::less<>> named;
    for (const OperatorConfig& node : draft_.config.operators)
      if (node.spec)
        for (const Written& edge : node.spec->inputs())
          named.insert(std::string(operator_of(edge.text)));
    for (const SinkConfig& sink : draft_.config.sinks)
      for (const Written& edge : sink.inputs) named.insert(std::string(operator_of(edge.text)));
    for (const OperatorConfig& node : draft_.config.operators) {
      if (!node.spec || node.spec->needs_no_reader() || named.contains(node.name.text)) continue;
      draft_.problems.error(node.name.place,
                            fmt::format("nothing reads operator `{}`: name it as the "
                                        "input of a sink or another operator",
                                        node.name.text));
    }
    for (const SourceConfig& source : draft_.config.sources)
      if (!named.contains(source.name.text))
        draft_.problems.warning(source.name.place,
                                fmt::format("nothing reads source `{}`", source.name.text));
  }

  /// A field passed through is needed where it comes from when it is needed where it goes.
  void spread_needs() {
    for (auto node = draft_.graph.nodes.rbegin(); node != draft_.graph.nodes.rend(); ++node)
      for (const BoundOutput& output : draft_.outputs[node->name]) {
        if (!output.passes) continue;
        Stream& from = draft_.graph.streams[node->inputs[*output.passes]];
        const Stream& to = draft_.graph.streams[output.stream];
        for (std::size_t i = 0; i < from.schema.size(); ++i)
          if (to.needed[i]) from.needed[i] = true;
      }
  }

  void mark_fields() {
    for (std::size_t s = 0; s < draft_.graph.sources.size(); ++s) {
      SourceNode& source = draft_.graph.sources[s];
      for (std::size_t i = 0; i < source.fields.size(); ++i) {
        FieldSpec& field = source.fields[i];
        field.read = field.required || draft_.graph.streams[s].needed[i];
        draft_.graph.streams[s].needed[i] = field.read;
      }
    }
  }

  GraphDraft draft_;
  std::set<std::string, std::less<>> broken_;
  std::vector<std::string> path_;
};

}  // namespace

std::vector<std::size_t> Graph::sources_of(std::size_t stream) const {
  if (stream < sources.size()) return {stream};
  for (const Node& node : nodes)
    if (std::ranges::find(node.outputs, stream) != node.outputs.end()) return node.sources;
  return {};
}

std::vector<std::size_t> Graph::by_name() const {
  std::vector<std::size_t> order(nodes.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [this](std::size_t i) { return nodes[i].name; });
  return order;
}

std::vector<Graph::PartIndex> Graph::parts_by_name() const {
  std::vector<PartIndex> order;
  for (const std::size_t node : by_name()) {
    const auto first = static_cast<std::ptrdiff_t>(order.size());
    for (std::size_t part = 0; part < nodes[node].parts.size(); ++part)
      order.push_back({node, part});
    std::sort(order.begin() + first, order.end(), [&](PartIndex a, PartIndex b) {
      return nodes[node].parts[a.part].state.name < nodes[node].parts[b.part].state.name;
    });
  }
  return order;
}

std::optional<Graph> bind_graph(const Config& config, Problems& problems) {
  return Builder(config, problems).build();
}

}  // namespace weir
