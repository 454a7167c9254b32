#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/core/expression/expression.h"
#include "pipeline/core/options.h"
#include "pipeline/core/schema.h"

namespace weir {

/// A feature that knows the target of its own row: its field, and how (a sentence without its end).
struct Leak {
  std::size_t feature = 0;
  std::string text;
};

/// What the rows of a stream are, to operators that know more of them than their fields. Declared
/// by the operator that makes them, and passed on with its fields.
struct StreamRole {
  enum class Kind : std::uint8_t {
    rows,
    outcomes  // predictions whose label has come: fields `label prediction score loss`
  };

  static StreamRole outcomes(std::string prefix) { return {Kind::outcomes, std::move(prefix), {}}; }

  Kind kind = Kind::rows;
  std::string prefix;    // begins the names of those fields
  std::string producer;  // the operator that declared it: the graph fills it in
};

/// What an operator may query and declare while the graph is built. Every mistake is reported with
/// its place, and binding continues to find the next.
class Binding {
 public:
  virtual ~Binding() = default;

  /// The operator's own name, its pipeline's, and where it stands in the file.
  virtual std::string_view name() const = 0;
  virtual std::string_view pipeline() const = 0;
  virtual Place place() const = 0;

  virtual std::size_t ports() const = 0;
  virtual const Schema& input(std::size_t port) const = 0;
  /// The edge's name as written (`fraud.outcomes`).
  virtual std::string_view edge(std::size_t port) const = 0;
  /// What the rows of the port are.
  virtual const StreamRole& role(std::size_t port) const = 0;
  /// Whether rows of the port have an event time of their own (not row numbers of a file).
  virtual bool timed(std::size_t port) const = 0;

  /// How a field's value comes about: the same text, the same computation. A field passed through
  /// keeps the definition of where it was made.
  virtual std::string definition(std::size_t port, std::size_t field) const {
    return input(port).fields[field].name;
  }
  /// What holds for one of the operator's own options after defaults, or for one entry of it, as
  /// JSON; `null` without one.
  virtual std::string option(std::string_view /*name*/, std::string_view /*entry*/ = {}) const {
    return "null";
  }

  /// The index of a field of the port, which counts as read; else reports it with the nearest name.
  virtual std::optional<std::size_t> field(std::size_t port, const Written& name) = 0;
  /// Marks a field as read.
  virtual void read(std::size_t port, std::size_t field) = 0;
  /// This field says whose row it is (`key`, `match`; `name`: as written there). If a source gives
  /// it, a record without a value for it is a dead letter (`missing`), and so is one with a number
  /// that is ambiguous, from 2^53 on (`range`). Warns of a number of a source.
  virtual void identify(std::size_t port, std::size_t field, const Written& name) = 0;
  /// A record whose value for this field has the wrong type is a dead letter (`label_type`).
  virtual void label(std::size_t port, std::size_t field) = 0;
  /// A record whose text in this field is not one of `classes` is a dead letter (`label_class`).
  /// Returns false, and nothing is checked, if no source gives the field.
  virtual bool label_among(std::size_t port, std::size_t field,
                           std::span<const std::string> classes) = 0;

  /// Compiles an expression over `scope`, whose first fields are those of the port (others may
  /// follow: the operator's own); those it uses count as read. Reports mistakes, `wanted` included.
  virtual std::optional<Expression> expression(std::size_t port, const Schema& scope,
                                               const Written& text, std::optional<Type> wanted) = 0;
  std::optional<Expression> expression(std::size_t port, const Written& text,
                                       std::optional<Type> wanted) {
    return expression(port, input(port), text, wanted);
  }

  /// Declares an output: "" is the main one, others are read as `operator.name`. Its fields are
  /// those of port `passes` (if given: same order, same types), then `own`; a name twice is
  /// reported. Its rows are what `role` says; if that is rows, what those of port `passes` are,
  /// each at the position of the row that it continues.
  virtual void output(std::string_view name, std::optional<std::size_t> passes,
                      std::vector<Field> own, StreamRole role) = 0;
  void output(std::string_view name, std::optional<std::size_t> passes, std::vector<Field> own) {
    output(name, passes, std::move(own), {});
  }
  /// Says of an own field of an output declared before that it is made, in the same row, of the
  /// fields `of` of that output (passed through or own). Say nothing where only earlier rows enter.
  virtual void made_of(std::string_view /*output*/, std::string_view /*field*/,
                       const std::vector<std::string>& /*of*/) {}
  /// Says how an own field of an output declared before is computed. Without it, it is whatever the
  /// operator of this name gives under the field's name.
  virtual void define(std::string_view /*output*/, std::string_view /*field*/,
                      std::string /*definition*/) {}
  /// Which of `features` know `target`, all fields of the port, by what operators said is made of
  /// what in the same row.
  virtual std::vector<Leak> leaks(std::size_t /*port*/, std::size_t /*target*/,
                                  std::span<const std::size_t> /*features*/) const {
    return {};
  }

  virtual void error(Place place, const std::string& message) = 0;
  virtual void warning(Place place, const std::string& message) = 0;
};

}  // namespace weir
