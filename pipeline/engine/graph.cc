#include "pipeline/engine/graph.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <map>
#include <set>

#include "pipeline/core/check.h"

namespace weir {
namespace {

/// Where a field of a stream comes from, when a source gives it unchanged.
struct Origin {
  std::size_t source = 0;
  std::size_t field = 0;
};

struct Output {
  std::size_t stream;
  std::optional<std::size_t> passes;  // port
};

class Builder;

/// One operator's view of the graph while it binds.
class NodeBinding final : public Binding {
 public:
  NodeBinding(Builder& builder, const OperatorConfig& config, Node& node)
      : builder_(builder), config_(config), node_(node) {}

  using Binding::expression;
  std::string_view name() const override { return node_.name; }
  std::string_view pipeline() const override;
  Place place() const override { return config_.name.place; }
  std::size_t ports() const override { return node_.inputs.size(); }
  const Schema& input(std::size_t port) const override;
  std::string_view edge(std::size_t port) const override;
  bool timed(std::size_t port) const override;
  std::optional<std::size_t> field(std::size_t port, const Written& name) override;
  void read(std::size_t port, std::size_t field) override;
  void require(std::size_t port, std::size_t field) override;
  void label(std::size_t port, std::size_t field) override;
  std::optional<Expression> expression(std::size_t port, const Schema& scope, const Written& text,
                                       std::optional<Type> wanted) override;
  void output(std::string_view name, std::optional<std::size_t> passes,
              std::vector<Field> own) override;
  void error(Place place, const std::string& message) override;
  void warning(Place place, const std::string& message) override;

 private:
  Builder& builder_;
  const OperatorConfig& config_;
  Node& node_;
};

std::string list_names(const Schema& schema) {
  std::string names;
  for (const Field& field : schema.fields) names += (names.empty() ? "" : ", ") + field.name;
  return names;
}

std::string suggestion(std::string_view name, const std::vector<std::string>& valid) {
  const std::vector<std::string_view> views(valid.begin(), valid.end());
  const std::string_view nearest = nearest_name(name, views);
  return nearest.empty() ? std::string() : fmt::format("; did you mean `{}`?", nearest);
}

std::string suggestion(std::string_view name, const Schema& schema) {
  std::vector<std::string> valid;
  for (const Field& field : schema.fields) valid.push_back(field.name);
  std::string nearest = suggestion(name, valid);
  if (!nearest.empty()) return nearest;
  return fmt::format("; its fields are {}", list_names(schema));
}

std::string_view operator_of(std::string_view edge) { return edge.substr(0, edge.find('.')); }

class Builder {
 public:
  Builder(const Config& config, Problems& problems) : config_(config), problems_(problems) {}

  std::optional<Graph> build() {
    graph_.pipeline = config_.pipeline.text;
    add_sources();
    for (const OperatorConfig& node : sorted_operators()) visit(node);
    add_sinks();
    check_readers();
    check_keys();
    spread_needs();
    mark_fields();
    fingerprint();
    if (problems_.any_error()) return std::nullopt;
    return std::move(graph_);
  }

  // For NodeBinding.
  Graph graph_;
  const Config& config_;
  Problems& problems_;
  std::vector<std::vector<std::optional<Origin>>> origins_;          // per stream, per field
  std::map<std::string, std::vector<Output>, std::less<>> outputs_;  // per operator bound

  void mark(const std::optional<Origin>& origin, bool FieldSpec::*flag) {
    if (origin) graph_.sources[origin->source].fields[origin->field].*flag = true;
  }

  std::size_t add_stream(std::string name, Schema schema, bool timed,
                         std::vector<std::optional<Origin>> origins) {
    std::vector<bool> needed(schema.size());
    graph_.streams.push_back({std::move(name), std::move(schema), timed, std::move(needed)});
    origins_.push_back(std::move(origins));
    return graph_.streams.size() - 1;
  }

  /// The words that may stand for an edge, for suggestions.
  std::vector<std::string> edge_names() const {
    std::vector<std::string> names;
    for (const SourceConfig& source : config_.sources) names.push_back(source.name.text);
    for (const OperatorConfig& node : config_.operators) names.push_back(node.name.text);
    for (const Stream& stream : graph_.streams)
      if (stream.name.find('.') != std::string::npos) names.push_back(stream.name);
    return names;
  }

 private:
  using Operators = std::vector<std::reference_wrapper<const OperatorConfig>>;

  Operators sorted_operators() const {
    Operators sorted(config_.operators.begin(), config_.operators.end());
    std::ranges::sort(sorted, {}, [](const OperatorConfig& node) { return node.name.text; });
    return sorted;
  }

  void add_sources() {
    std::vector<const SourceConfig*> sorted;
    for (const SourceConfig& source : config_.sources) sorted.push_back(&source);
    std::ranges::sort(sorted, {}, [](const SourceConfig* source) { return source->name.text; });
    for (const SourceConfig* source : sorted) {
      SourceNode node{source->name.text, source, source->fields, std::nullopt, false};
      const Schema schema = source->schema();
      std::vector<std::optional<Origin>> origins;
      for (FieldSpec& field : node.fields) {
        field.read = field.required;
        origins.push_back(Origin{graph_.sources.size(), origins.size()});
      }
      if (source->time) node.time_field = source_field(*source, schema, *source->time, true);
      if (node.time_field) node.fields[*node.time_field].required = true;
      for (const Written& key : source->key)
        if (const auto field = source_field(*source, schema, key, false))
          node.fields[*field].required = true;
      const bool timed = source->time.has_value() || (source->spec && source->spec->timed());
      graph_.sources.push_back(std::move(node));
      add_stream(source->name.text, schema, timed, std::move(origins));
    }
  }

  std::optional<std::size_t> source_field(const SourceConfig& source, const Schema& schema,
                                          const Written& name, bool time) {
    const auto at = schema.find(name.text);
    if (!at && schema.fields.empty()) return std::nullopt;  // that it has none is reported
    if (!at) {
      problems_.error(name.place, fmt::format("source `{}` has no field `{}`{}", source.name.text,
                                              name.text, suggestion(name.text, schema)));
      return std::nullopt;
    }
    if (time && schema.fields[*at].type != Type::time) {
      problems_.error(name.place, fmt::format("`time: {}` needs a field of type time, not {}",
                                              name.text, type_name(schema.fields[*at].type)));
      return std::nullopt;
    }
    return at;
  }

  /// The stream of an edge whose operator is bound already.
  std::optional<std::size_t> find_stream(std::string_view name) const {
    for (std::size_t i = 0; i < graph_.streams.size(); ++i)
      if (graph_.streams[i].name == name) return i;
    return std::nullopt;
  }

  const OperatorConfig* find_operator(std::string_view name) const {
    for (const OperatorConfig& node : config_.operators)
      if (node.name.text == name) return &node;
    return nullptr;
  }

  bool is_source(std::string_view name) const {
    return std::ranges::any_of(
        config_.sources, [&](const SourceConfig& source) { return source.name.text == name; });
  }

  /// Resolves an edge; reports it when it means nothing. No report when its operator is broken.
  std::optional<std::size_t> resolve(const Written& edge) {
    if (const auto stream = find_stream(edge.text)) return stream;
    const std::string_view owner = operator_of(edge.text);
    if (broken_.contains(owner)) return std::nullopt;
    if (find_operator(owner) != nullptr && owner != edge.text) {
      std::vector<std::string> valid;
      for (const Output& output : outputs_[std::string(owner)])
        valid.push_back(graph_.streams[output.stream].name);
      std::string all;
      for (const std::string& name : valid) all += (all.empty() ? "`" : ", `") + name + "`";
      problems_.error(edge.place, fmt::format("`{}` has no output `{}`; there is {}", owner,
                                              edge.text.substr(owner.size() + 1), all));
    } else {
      problems_.error(edge.place, fmt::format("there is no source or operator `{}`{}", edge.text,
                                              suggestion(edge.text, edge_names())));
    }
    return std::nullopt;
  }

  void visit(const OperatorConfig& config) {
    const std::string& name = config.name.text;
    if (outputs_.contains(name) || broken_.contains(name)) return;
    if (!config.spec) {
      broken_.insert(name);
      return;
    }
    path_.push_back(name);
    bool whole = true;
    Node node{name, config.spec.get(), {}, {}, 0, {}};
    for (const Written& edge : config.spec->inputs()) {
      if (edge.text.empty()) {  // a required option that was reported already
        whole = false;
        continue;
      }
      const std::string_view owner = operator_of(edge.text);
      if (const auto at = std::ranges::find(path_, owner); at != path_.end()) {
        std::string cycle;
        for (auto it = at; it != path_.end(); ++it) cycle += *it + " <- ";
        problems_.error(edge.place, fmt::format("the graph has a cycle: {}{}", cycle, owner));
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

  void bind(const OperatorConfig& config, Node node) {
    std::set<std::size_t> sources;
    for (std::size_t port = 0; port < node.inputs.size(); ++port) {
      const std::size_t stream = node.inputs[port];
      if (stream < graph_.sources.size()) {
        sources.insert(stream);
        if (port > 0) graph_.sources[stream].feeds_labels = true;
        continue;
      }
      for (const Node& upstream : graph_.nodes)
        if (std::ranges::find(upstream.outputs, stream) != upstream.outputs.end())
          sources.insert(upstream.sources.begin(), upstream.sources.end());
    }
    node.sources.assign(sources.begin(), sources.end());
    outputs_[node.name];
    NodeBinding binding(*this, config, node);
    // bind() is const in effect: it only keeps what make() needs.
    const_cast<OperatorSpec*>(node.spec)->bind(binding);
    if (problems_.any_error() && outputs_[node.name].empty()) broken_.insert(node.name);
    graph_.nodes.push_back(std::move(node));
  }

  void add_sinks() {
    std::vector<const SinkConfig*> sorted;
    for (const SinkConfig& sink : config_.sinks) sorted.push_back(&sink);
    std::ranges::sort(sorted, {}, [](const SinkConfig* sink) { return sink->name.text; });
    for (const SinkConfig* sink : sorted) {
      SinkNode node{sink->name.text, sink, {}, {}, {}};
      for (const Written& edge : sink->inputs)
        if (const auto stream = resolve(edge)) add_sink_input(node, *stream, edge.place);
      graph_.sinks.push_back(std::move(node));
    }
  }

  void add_sink_input(SinkNode& node, std::size_t stream, Place place) {
    const Schema& schema = graph_.streams[stream].schema;
    if (!node.inputs.empty() && node.config->fields.empty() &&
        graph_.streams[node.inputs[0]].schema != schema) {
      problems_.error(place, fmt::format("the inputs of sink `{}` have different fields: `{}` has "
                                         "{}; `{}` has {}",
                                         node.name, graph_.streams[node.inputs[0]].name,
                                         list_names(graph_.streams[node.inputs[0]].schema),
                                         graph_.streams[stream].name, list_names(schema)));
      return;
    }
    node.inputs.push_back(stream);
    std::vector<std::size_t> fields = sink_fields(node, stream, node.config->fields);
    if (node.config->fields.empty())
      for (std::size_t i = 0; i < schema.size(); ++i) fields.push_back(i);
    for (const std::size_t field : fields) graph_.streams[stream].needed[field] = true;
    node.fields.push_back(std::move(fields));
    node.key.push_back(sink_fields(node, stream, node.config->key));
    for (const std::size_t field : node.key.back()) graph_.streams[stream].needed[field] = true;
  }

  std::vector<std::size_t> sink_fields(const SinkNode& node, std::size_t stream,
                                       const std::vector<Written>& names) {
    std::vector<std::size_t> fields;
    const Schema& schema = graph_.streams[stream].schema;
    for (const Written& name : names) {
      if (const auto field = schema.find(name.text))
        fields.push_back(*field);
      else
        problems_.error(name.place, fmt::format("`{}`, the input of sink `{}`, has no field `{}`{}",
                                                graph_.streams[stream].name, node.name, name.text,
                                                suggestion(name.text, schema)));
    }
    return fields;
  }

  void check_readers() {
    std::set<std::size_t> read;
    for (const Node& node : graph_.nodes) read.insert(node.inputs.begin(), node.inputs.end());
    for (const SinkNode& sink : graph_.sinks) read.insert(sink.inputs.begin(), sink.inputs.end());
    // A reader that is broken itself still names its input.
    std::set<std::string, std::less<>> named;
    for (const OperatorConfig& node : config_.operators)
      if (node.spec)
        for (const Written& edge : node.spec->inputs())
          named.insert(std::string(operator_of(edge.text)));
    for (const SinkConfig& sink : config_.sinks)
      for (const Written& edge : sink.inputs) named.insert(std::string(operator_of(edge.text)));
    for (const OperatorConfig& node : config_.operators) {
      if (!node.spec || node.spec->needs_no_reader() || named.contains(node.name.text)) continue;
      problems_.error(node.name.place, fmt::format("nothing reads operator `{}`: name it as the "
                                                   "input of a sink or another operator",
                                                   node.name.text));
    }
    for (const SourceConfig& source : config_.sources)
      if (!named.contains(source.name.text))
        problems_.warning(source.name.place,
                          fmt::format("nothing reads source `{}`", source.name.text));
  }

  void check_keys() {
    if (config_.engine.shards < 2) return;
    for (const SourceNode& source : graph_.sources)
      if (source.config->key.empty())
        problems_.error(
            source.config->name.place,
            fmt::format("with {} shards source `{}` needs `key:`, the field that decides "
                        "a record's partition",
                        config_.engine.shards, source.name));
    for (const Node& node : graph_.nodes) {
      const std::vector<Written> key = node.spec->key();
      if (key.empty()) continue;
      for (const std::size_t s : node.sources)
        for (const Written& wanted : graph_.sources[s].config->key)
          if (std::ranges::none_of(key, [&](const Written& k) { return k.text == wanted.text; }))
            problems_.error(
                key[0].place,
                fmt::format("with {} shards the key of `{}` must contain `{}`, the key "
                            "of source `{}`: rows of one key would be spread over shards",
                            config_.engine.shards, node.name, wanted.text, graph_.sources[s].name));
    }
  }

  /// A field passed through is needed where it comes from when it is needed where it goes.
  void spread_needs() {
    for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node)
      for (const Output& output : outputs_[node->name]) {
        if (!output.passes) continue;
        Stream& from = graph_.streams[node->inputs[*output.passes]];
        const Stream& to = graph_.streams[output.stream];
        for (std::size_t i = 0; i < from.schema.size(); ++i)
          if (to.needed[i]) from.needed[i] = true;
      }
  }

  void mark_fields() {
    for (std::size_t s = 0; s < graph_.sources.size(); ++s) {
      SourceNode& source = graph_.sources[s];
      for (std::size_t i = 0; i < source.fields.size(); ++i) {
        FieldSpec& field = source.fields[i];
        field.read = field.required || graph_.streams[s].needed[i];
        graph_.streams[s].needed[i] = field.read;
      }
    }
  }

  void fingerprint() {
    if (problems_.any_error()) return;
    std::string all = graph_.pipeline;
    for (const SourceNode& source : graph_.sources) {
      all += fmt::format("\nsource {} {} {}", source.name, source.config->format_name,
                         source.config->time ? source.config->time->text : "");
      for (const FieldSpec& field : source.fields)
        if (field.read)
          all += fmt::format(" {}:{}:{}:{}:{}{}{}", field.field.name, type_name(field.field.type),
                             field.path, static_cast<int>(field.from), field.unit_ms,
                             field.required ? "!" : "", field.lenient ? "~" : "");
      all += fmt::format(" {} {}", source.config->lateness.ms, source.config->ahead.ms);
    }
    for (Node& node : graph_.nodes) {
      std::string text = node_text(node);
      node.fingerprint = XXH3_64bits(text.data(), text.size());
      all += "\n" + text;
    }
    for (const SinkNode& sink : graph_.sinks) {
      all += fmt::format("\nsink {} {}", sink.name, sink.config->format_name);
      for (std::size_t i = 0; i < sink.inputs.size(); ++i) {
        all += " <" + graph_.streams[sink.inputs[i]].name;
        for (const std::size_t field : sink.fields[i]) all += fmt::format(" {}", field);
        for (const std::size_t field : sink.key[i]) all += fmt::format(" k{}", field);
      }
    }
    graph_.fingerprint = XXH3_64bits(all.data(), all.size());
  }

  std::string node_text(const Node& node) const {
    const OperatorConfig* config = find_operator(node.name);
    std::string text =
        fmt::format("{} {} logic {}", node.name, resolved_operator(*config), node.spec->logic());
    for (const std::size_t input : node.inputs) {
      const Stream& stream = graph_.streams[input];
      text += " <" + stream.name;
      for (std::size_t i = 0; i < stream.schema.size(); ++i)
        if (stream.needed[i])
          text += fmt::format(" {}:{}", stream.schema.fields[i].name,
                              type_name(stream.schema.fields[i].type));
    }
    return text;
  }

  std::set<std::string, std::less<>> broken_;
  std::vector<std::string> path_;
};

std::string_view NodeBinding::pipeline() const { return builder_.graph_.pipeline; }

const Schema& NodeBinding::input(std::size_t port) const {
  return builder_.graph_.streams[node_.inputs[port]].schema;
}

std::string_view NodeBinding::edge(std::size_t port) const {
  return builder_.graph_.streams[node_.inputs[port]].name;
}

bool NodeBinding::timed(std::size_t port) const {
  return builder_.graph_.streams[node_.inputs[port]].timed;
}

std::optional<std::size_t> NodeBinding::field(std::size_t port, const Written& name) {
  const auto at = input(port).find(name.text);
  if (at)
    read(port, *at);
  else if (!input(port).fields.empty())
    error(name.place, fmt::format("`{}` has no field `{}`{}", edge(port), name.text,
                                  suggestion(name.text, input(port))));
  return at;
}

void NodeBinding::read(std::size_t port, std::size_t field) {
  builder_.graph_.streams[node_.inputs[port]].needed[field] = true;
}

void NodeBinding::require(std::size_t port, std::size_t field) {
  read(port, field);
  builder_.mark(builder_.origins_[node_.inputs[port]][field], &FieldSpec::required);
}

void NodeBinding::label(std::size_t port, std::size_t field) {
  read(port, field);
  builder_.mark(builder_.origins_[node_.inputs[port]][field], &FieldSpec::label);
}

std::optional<Expression> NodeBinding::expression(std::size_t port, const Schema& scope,
                                                  const Written& text, std::optional<Type> wanted) {
  auto compiled = compile_expression(text.text, scope);
  if (const auto* wrong = std::get_if<ExpressionError>(&compiled)) {
    Place place = text.place;
    if (place.line != 0) place.column += static_cast<std::uint32_t>(wrong->column);
    error(place, wrong->message);
    return std::nullopt;
  }
  Expression expression = std::move(std::get<Expression>(compiled));
  if (wanted && expression.type() != *wanted) {
    error(text.place, fmt::format("`{}` is of type {}, {} is needed", text.text,
                                  type_name(expression.type()), type_name(*wanted)));
    return std::nullopt;
  }
  for (const std::size_t used : expression.fields())
    if (used < input(port).size()) read(port, used);
  return expression;
}

void NodeBinding::output(std::string_view name, std::optional<std::size_t> passes,
                         std::vector<Field> own) {
  Schema schema;
  std::vector<std::optional<Origin>> origins;
  bool timed = true;
  if (passes) {
    schema = input(*passes);
    origins = builder_.origins_[node_.inputs[*passes]];
    timed = this->timed(*passes);
  }
  for (Field& field : own) {
    if (schema.find(field.name))
      error(place(), fmt::format("`{}` makes a field `{}`, but its input `{}` has one already",
                                 node_.name, field.name, passes ? edge(*passes) : ""));
    schema.fields.push_back(std::move(field));
    origins.push_back(std::nullopt);
  }
  const std::string full = name.empty() ? node_.name : fmt::format("{}.{}", node_.name, name);
  const std::size_t stream =
      builder_.add_stream(full, std::move(schema), timed, std::move(origins));
  node_.outputs.push_back(stream);
  builder_.outputs_[node_.name].push_back({stream, passes});
}

void NodeBinding::error(Place place, const std::string& message) {
  // What is wrong with the whole operator may only follow from a mistake in its options.
  const bool whole = place.line == 0 || (place.line == config_.name.place.line &&
                                         place.column == config_.name.place.column);
  if (whole && !config_.sound) return;
  builder_.problems_.error(place.line == 0 ? this->place() : place, message);
}

void NodeBinding::warning(Place place, const std::string& message) {
  builder_.problems_.warning(place.line == 0 ? this->place() : place, message);
}

}  // namespace

std::vector<std::size_t> Graph::by_name() const {
  std::vector<std::size_t> order(nodes.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [this](std::size_t i) { return nodes[i].name; });
  return order;
}

std::optional<Graph> bind_graph(const Config& config, Problems& problems) {
  return Builder(config, problems).build();
}

}  // namespace weir
