#include "pipeline/graph/graph_binding.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pipeline/core/check.h"
#include "pipeline/core/json.h"
#include "pipeline/graph/graph_fingerprint.h"

namespace weir {

std::size_t GraphDraft::add_stream(std::string name, Schema schema, bool timed,
                                   std::vector<FieldOrigin> passed) {
  std::vector<bool> needed(schema.size());
  const std::size_t own = schema.size() - passed.size();
  lineage.add_stream(std::move(passed), own);
  graph.streams.push_back(
      {std::move(name), std::move(schema), timed, std::move(needed), {}, false});
  return graph.streams.size() - 1;
}

void GraphDraft::identify(FieldOrigin field, const Written& name) {
  if (field.stream >= graph.sources.size()) return;  // computed: no record is at fault
  SourceNode& source = graph.sources[field.stream];
  FieldSpec& spec = source.fields[field.field];
  if (spec.identity || spec.field.type != Type::number) return;
  spec.identity = true;
  problems.warning(name.place,
                   fmt::format("`{}` of source `{}` is a number, and says here whose row it is: a "
                               "number holds whole values exactly only up to 2^53, so declare it "
                               "`text`",
                               spec.field.name, source.name));
}

std::string GraphDraft::definition(FieldOrigin origin) const {
  if (const auto said = definitions.find(origin); said != definitions.end()) return said->second;
  if (origin.stream < graph.sources.size())  // the sources' streams are the first
    return source_field_text(graph.sources[origin.stream], origin.field);
  const Stream& stream = graph.streams[origin.stream];
  return fmt::format("{} of {}", stream.schema.fields[origin.field].name, stream.name);
}

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
  return fmt::format("; it has {}", list_names(schema));
}

std::string_view NodeBinding::pipeline() const { return draft_.graph.pipeline; }

const Schema& NodeBinding::input(std::size_t port) const {
  return draft_.graph.streams[node_.inputs[port]].schema;
}

std::string_view NodeBinding::edge(std::size_t port) const {
  return draft_.graph.streams[node_.inputs[port]].name;
}

const StreamRole& NodeBinding::role(std::size_t port) const {
  return draft_.graph.streams[node_.inputs[port]].role;
}

bool NodeBinding::timed(std::size_t port) const {
  return draft_.graph.streams[node_.inputs[port]].timed;
}

std::string NodeBinding::definition(std::size_t port, std::size_t field) const {
  return draft_.definition(draft_.lineage.origins(node_.inputs[port])[field]);
}

std::string NodeBinding::option(std::string_view name, std::string_view entry) const {
  const Json options = parse_json(resolved_operator(config_));
  const auto found = options.find(name);
  if (found == options.end()) return "null";
  if (entry.empty()) return json_text(*found);
  return found->is_object() && found->contains(entry) ? json_text(found->at(std::string(entry)))
                                                      : "null";
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
  draft_.graph.streams[node_.inputs[port]].needed[field] = true;
  node_.reads.resize(node_.inputs.size());
  node_.reads[port].insert(field);
}

void NodeBinding::identify(std::size_t port, std::size_t field, const Written& name) {
  read(port, field);
  mark(port, field, &FieldSpec::required);
  draft_.identify(draft_.lineage.origins(node_.inputs[port])[field], name);
}

void NodeBinding::label(std::size_t port, std::size_t field) {
  read(port, field);
  mark(port, field, &FieldSpec::label);
}

bool NodeBinding::label_among(std::size_t port, std::size_t field,
                              std::span<const std::string> classes) {
  const FieldOrigin origin = draft_.lineage.origins(node_.inputs[port])[field];
  if (origin.stream >= draft_.graph.sources.size()) return false;
  auto& known = draft_.graph.sources[origin.stream].fields[origin.field].classes;
  std::vector<std::string> sorted(classes.begin(), classes.end());
  std::ranges::sort(sorted);
  if (known)  // of another model: a label must suit both
    std::erase_if(sorted, [&](const std::string& one) {
      return !std::ranges::binary_search(*known, one);
    });
  known = std::move(sorted);
  return true;
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
    error(text.place, fmt::format("`{}` is of type {}, but {} is needed", text.text,
                                  type_name(expression.type()), type_name(*wanted)));
    return std::nullopt;
  }
  for (const std::size_t used : expression.fields())
    if (used < input(port).size()) read(port, used);
  return expression;
}

void NodeBinding::output(std::string_view name, std::optional<std::size_t> passes,
                         std::vector<Field> own, StreamRole role) {
  const bool of_records = passes && role.kind == StreamRole::Kind::rows &&
                          draft_.graph.streams[node_.inputs[*passes]].of_records;
  if (role.kind != StreamRole::Kind::rows)
    role.producer = node_.name;
  else if (passes)
    role = this->role(*passes);
  Schema schema;
  std::vector<FieldOrigin> passed;
  bool timed = true;
  if (passes) {
    schema = input(*passes);
    passed = draft_.lineage.origins(node_.inputs[*passes]);
    timed = this->timed(*passes);
  }
  for (Field& field : own) {
    if (schema.find(field.name))
      error(place(), fmt::format("`{}` makes a field `{}`, but its input `{}` already has one",
                                 node_.name, field.name, passes ? edge(*passes) : ""));
    schema.fields.push_back(std::move(field));
  }
  const std::size_t stream =
      draft_.add_stream(full_name(name), std::move(schema), timed, std::move(passed));
  draft_.graph.streams[stream].role = std::move(role);
  draft_.graph.streams[stream].of_records = of_records;
  node_.outputs.push_back(stream);
  draft_.outputs[node_.name].push_back({stream, passes});
}

void NodeBinding::made_of(std::string_view output, std::string_view field,
                          const std::vector<std::string>& of) {
  const std::optional<FieldOrigin> made = own_field(output, field);
  if (!made) return;
  std::vector<std::size_t> parts;
  for (const std::string& name : of)
    if (const auto part = draft_.graph.streams[made->stream].schema.find(name))
      parts.push_back(*part);
  draft_.lineage.made_of(made->stream, made->field, parts);
}

void NodeBinding::define(std::string_view output, std::string_view field, std::string definition) {
  if (const std::optional<FieldOrigin> made = own_field(output, field))
    draft_.definitions[*made] = std::move(definition);
}

std::optional<FieldOrigin> NodeBinding::own_field(std::string_view output,
                                                  std::string_view field) const {
  const std::string full = full_name(output);
  for (const std::size_t stream : node_.outputs) {
    if (draft_.graph.streams[stream].name != full) continue;
    const auto made = draft_.graph.streams[stream].schema.find(field);
    check(made.has_value(), "an output has the field that something is said of");
    return FieldOrigin{stream, *made};
  }
  return std::nullopt;
}

std::vector<Leak> NodeBinding::leaks(std::size_t port, std::size_t target,
                                     std::span<const std::size_t> features) const {
  return find_leaks(draft_.lineage, draft_.graph.streams, node_.inputs[port], target, features);
}

void NodeBinding::error(Place place, const std::string& message) {
  // What is wrong with the whole operator may only follow from a mistake in its options.
  const bool whole = place.line == 0 || (place.line == config_.name.place.line &&
                                         place.column == config_.name.place.column);
  if (whole && !config_.sound) return;
  draft_.problems.error(place.line == 0 ? this->place() : place, message);
}

void NodeBinding::warning(Place place, const std::string& message) {
  if (!config_.sound) return;  // it may only follow from a mistake in its options
  draft_.problems.warning(place.line == 0 ? this->place() : place, message);
}

std::string NodeBinding::full_name(std::string_view output) const {
  return output.empty() ? node_.name : fmt::format("{}.{}", node_.name, output);
}

void NodeBinding::mark(std::size_t port, std::size_t field, bool FieldSpec::*flag) {
  const FieldOrigin origin = draft_.lineage.origins(node_.inputs[port])[field];
  if (origin.stream < draft_.graph.sources.size())  // the sources' streams are the first
    draft_.graph.sources[origin.stream].fields[origin.field].*flag = true;
}

}  // namespace weir
