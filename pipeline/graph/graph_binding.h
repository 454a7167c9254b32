#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/operator.h"
#include "pipeline/graph/graph.h"
#include "pipeline/graph/lineage.h"

namespace weir {

/// An output that an operator has declared.
struct BoundOutput {
  std::size_t stream;
  std::optional<std::size_t> passes;  // port
};

/// A graph while it is put together, and what is known of it so far.
struct GraphDraft {
  const Config& config;
  Problems& problems;
  Graph graph;
  Lineage lineage;                                                       // of graph.streams
  std::map<std::string, std::vector<BoundOutput>, std::less<>> outputs;  // per operator bound
  std::map<FieldOrigin, std::string> definitions;  // of fields whose operators say it

  /// `passed`: the origins of its first fields, those passed through.
  std::size_t add_stream(std::string name, Schema schema, bool timed,
                         std::vector<FieldOrigin> passed);
  /// The field says whose row it is, by `name` in the file: see Binding::identify.
  void identify(FieldOrigin field, const Written& name);
  /// How the value of a field comes about, where it is made: see Binding::definition.
  std::string definition(FieldOrigin origin) const;
};

/// What follows a wrong name: the nearest valid one (`; did you mean ...?`), or nothing.
std::string suggestion(std::string_view name, const std::vector<std::string>& valid);
/// The same among fields; without a near one, all of them.
std::string suggestion(std::string_view name, const Schema& schema);
std::string list_names(const Schema& schema);

/// One operator's view of the graph while it binds.
class NodeBinding final : public Binding {
 public:
  NodeBinding(GraphDraft& draft, const OperatorConfig& config, Node& node)
      : draft_(draft), config_(config), node_(node) {}

  using Binding::expression;
  using Binding::output;
  std::string_view name() const override { return node_.name; }
  std::string_view pipeline() const override;
  Place place() const override { return config_.name.place; }
  std::size_t ports() const override { return node_.inputs.size(); }
  const Schema& input(std::size_t port) const override;
  std::string_view edge(std::size_t port) const override;
  const StreamRole& role(std::size_t port) const override;
  bool timed(std::size_t port) const override;
  std::string definition(std::size_t port, std::size_t field) const override;
  std::string option(std::string_view name, std::string_view entry) const override;
  std::optional<std::size_t> field(std::size_t port, const Written& name) override;
  void read(std::size_t port, std::size_t field) override;
  void identify(std::size_t port, std::size_t field, const Written& name) override;
  void label(std::size_t port, std::size_t field) override;
  bool label_among(std::size_t port, std::size_t field,
                   std::span<const std::string> classes) override;
  std::optional<Expression> expression(std::size_t port, const Schema& scope, const Written& text,
                                       std::optional<Type> wanted) override;
  void output(std::string_view name, std::optional<std::size_t> passes, std::vector<Field> own,
              StreamRole role) override;
  void made_of(std::string_view output, std::string_view field,
               const std::vector<std::string>& of) override;
  void define(std::string_view output, std::string_view field, std::string definition) override;
  std::vector<Leak> leaks(std::size_t port, std::size_t target,
                          std::span<const std::size_t> features) const override;
  void error(Place place, const std::string& message) override;
  void warning(Place place, const std::string& message) override;

 private:
  std::string full_name(std::string_view output) const;
  /// An own field of an output declared before; nothing when there is no such output.
  std::optional<FieldOrigin> own_field(std::string_view output, std::string_view field) const;
  void mark(std::size_t port, std::size_t field, bool FieldSpec::*flag);

  GraphDraft& draft_;
  const OperatorConfig& config_;
  Node& node_;
};

}  // namespace weir
