#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "pipeline/core/operator.h"

namespace weir {

/// What an operator is bound to in a test: ports with schemas; remembers what the operator said.
class FakeBinding final : public Binding {
 public:
  struct Port {
    Schema schema;
    bool timed = true;
    std::string edge = "input";
    StreamRole role = {};
  };
  struct Output {
    std::string name;
    Schema schema;
    StreamRole role;
  };

  explicit FakeBinding(std::vector<Port> ports) : ports_(std::move(ports)) {}

  std::string_view name() const override { return "under_test"; }
  std::string_view pipeline() const override { return "tests"; }
  Place place() const override { return {1, 1}; }
  std::size_t ports() const override { return ports_.size(); }
  const Schema& input(std::size_t port) const override { return ports_[port].schema; }
  std::string_view edge(std::size_t port) const override { return ports_[port].edge; }
  const StreamRole& role(std::size_t port) const override { return ports_[port].role; }
  bool timed(std::size_t port) const override { return ports_[port].timed; }

  std::optional<std::size_t> field(std::size_t port, const Written& written) override {
    const std::optional<std::size_t> found = ports_[port].schema.find(written.text);
    if (!found) mistakes.push_back("no field " + written.text);
    if (found) read(port, *found);
    return found;
  }
  void read(std::size_t port, std::size_t field) override { reads.emplace_back(port, field); }
  void identify(std::size_t port, std::size_t field, const Written&) override {
    identities.emplace_back(port, field);
  }
  void label(std::size_t port, std::size_t field) override { labels.emplace_back(port, field); }

  bool label_among(std::size_t, std::size_t, std::span<const std::string> names) override {
    classes.assign(names.begin(), names.end());
    return !computed_label;
  }

  using Binding::expression;
  std::optional<Expression> expression(std::size_t port, const Schema& scope, const Written& text,
                                       std::optional<Type> wanted) override {
    std::variant<Expression, ExpressionError> compiled = compile_expression(text.text, scope);
    if (const auto* wrong = std::get_if<ExpressionError>(&compiled)) {
      mistakes.push_back(wrong->message);
      return std::nullopt;
    }
    Expression& expression = std::get<Expression>(compiled);
    if (wanted && expression.type() != *wanted) {
      mistakes.push_back("`" + text.text + "` is " + std::string(type_name(expression.type())) +
                         ", not " + std::string(type_name(*wanted)));
      return std::nullopt;
    }
    for (std::size_t used : expression.fields())
      if (used < ports_[port].schema.size()) read(port, used);
    return std::move(expression);
  }

  using Binding::output;
  void output(std::string_view name, std::optional<std::size_t> passes, std::vector<Field> own,
              StreamRole role) override {
    Output output{std::string(name), passes ? ports_[*passes].schema : Schema{}, std::move(role)};
    for (Field& field : own) {
      if (output.schema.find(field.name)) mistakes.push_back("field twice: " + field.name);
      output.schema.fields.push_back(std::move(field));
    }
    outputs.push_back(std::move(output));
  }

  void error(Place, const std::string& message) override { mistakes.push_back(message); }
  void warning(Place, const std::string& message) override { warnings.push_back(message); }

  std::vector<std::string> mistakes, warnings;
  std::vector<std::pair<std::size_t, std::size_t>> reads, identities, labels;  // (port, field)
  std::vector<Output> outputs;
  std::vector<std::string> classes;  // what a label may be, else a dead letter
  bool computed_label = false;

 private:
  std::vector<Port> ports_;
};

}  // namespace weir
