#include "pipeline/engine/graph_binding.h"

#include <fmt/format.h>

namespace weir {

std::size_t GraphDraft::add_stream(std::string name, Schema schema, bool timed,
                                   std::vector<std::optional<FieldOrigin>> from) {
  std::vector<bool> needed(schema.size());
  graph.streams.push_back({std::move(name), std::move(schema), timed, std::move(needed)});
  origins.push_back(std::move(from));
  return graph.streams.size() - 1;
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
  return fmt::format("; its fields are {}", list_names(schema));
}

std::string_view NodeBinding::pipeline() const { return draft_.graph.pipeline; }

const Schema& NodeBinding::input(std::size_t port) const {
  return draft_.graph.streams[node_.inputs[port]].schema;
}

std::string_view NodeBinding::edge(std::size_t port) const {
  return draft_.graph.streams[node_.inputs[port]].name;
}

bool NodeBinding::timed(std::size_t port) const {
  return draft_.graph.streams[node_.inputs[port]].timed;
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

void NodeBinding::require(std::size_t port, std::size_t field) {
  read(port, field);
  mark(port, field, &FieldSpec::required);
}

void NodeBinding::label(std::size_t port, std::size_t field) {
  read(port, field);
  mark(port, field, &FieldSpec::label);
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
  std::vector<std::optional<FieldOrigin>> origins;
  bool timed = true;
  if (passes) {
    schema = input(*passes);
    origins = draft_.origins[node_.inputs[*passes]];
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
  const std::size_t stream = draft_.add_stream(full, std::move(schema), timed, std::move(origins));
  node_.outputs.push_back(stream);
  draft_.outputs[node_.name].push_back({stream, passes});
}

void NodeBinding::error(Place place, const std::string& message) {
  // What is wrong with the whole operator may only follow from a mistake in its options.
  const bool whole = place.line == 0 || (place.line == config_.name.place.line &&
                                         place.column == config_.name.place.column);
  if (whole && !config_.sound) return;
  draft_.problems.error(place.line == 0 ? this->place() : place, message);
}

void NodeBinding::warning(Place place, const std::string& message) {
  draft_.problems.warning(place.line == 0 ? this->place() : place, message);
}

void NodeBinding::mark(std::size_t port, std::size_t field, bool FieldSpec::*flag) {
  const auto& origin = draft_.origins[node_.inputs[port]][field];
  if (origin) draft_.graph.sources[origin->source].fields[origin->field].*flag = true;
}

}  // namespace weir
