#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace weir {

/// A place in the pipeline file, counted from 1; line 0: it was not written there.
struct Place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// A text of the pipeline file with its place: an expression, the name of a field or an edge.
struct Written {
  std::string text;
  Place place = {};
};

/// A span of time (`250ms 30s 5m 1h 7d` in the file).
struct Duration {
  std::int64_t ms = 0;
};

/// A length that is rows (`window: 1000`), time (`window: 1h`) or everything (`window: all`).
struct Extent {
  enum class Unit : std::uint8_t { rows, time, all };
  Unit unit = Unit::rows;
  std::int64_t value = 0;  // rows or ms; unused for `all`
};

/// A span of time, or `off` (`heard: 1h`, `heard: off`).
struct DurationOrOff {
  std::int64_t ms = 0;
  bool off = false;
};

/// A constant of any type: `present: true`, `fallback: 0.002`, `absent: none`.
struct Literal {
  std::variant<std::monostate, bool, double, std::string> value;
  Place place = {};
};

/// One step into a record: the name of a member of an object, or the number of an array's element.
struct PathStep {
  std::string name;
  std::optional<std::size_t> index;  // from 0; then there is no name

  bool operator==(const PathStep&) const = default;
};

/// A place inside a record, as written: a text whose dots go into objects (`payload.card`), or a
/// list of names, whose dots mean nothing, and numbers of elements (`[items, 0, "unit.price"]`).
struct RecordPath {
  std::string dotted;           // of a text
  std::vector<PathStep> steps;  // of a list
};

/// What a user may write for one option; the same rule checks a value, documents it and becomes
/// its line of the JSON Schema.
struct Rule {
  std::string_view doc;
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();  // of an extent: of its rows
  // The keywords that a text may be (`auto|exact|asymptotic`), or a literal beside numbers; the
  // forms that an extent may have (`rows|duration`). Empty: any.
  std::string_view choices = {};
  std::string_view pattern = {};  // a regular expression of the texts that its component takes
  bool required = false;          // must be written
  std::string_view later = {};    // not empty: known, but not available yet
  std::string_view example = {};
  bool secret = false;  // never printed
};

/// One name that a component option accepts, with its line of documentation.
struct Choice {
  std::string_view name;
  std::string_view doc;
  std::string_view later = {};  // as Rule::later
};

/// Visits the options of one component. The config reader fills them, the schema and documentation
/// writers read their names, defaults and rules, the canonical writer prints them for fingerprints.
///
/// A component names its options once: `option("window", window, {.doc = "...", .min = 2})`.
/// The first option named is the main one: it may be written alone (`impute: mean`).
class OptionVisitor {
 public:
  using Slot = std::variant<double*, std::size_t*, bool*, std::string*, Duration*, Extent*,
                            DurationOrOff*, Literal*, Written*, std::vector<Written>*,
                            RecordPath*>;
  using Inside = std::function<void(OptionVisitor&)>;
  /// Gets the entry's name as written and a visitor for the entry's options.
  using Entry = std::function<void(const Written&, OptionVisitor&)>;

  virtual ~OptionVisitor() = default;

  /// An option with a default.
  template <class T>
  void operator()(std::string_view name, T& value, const Rule& rule) {
    scalar(name, Slot(&value), rule, true);
  }

  /// An option that may be left out and then has no value.
  template <class T>
  void operator()(std::string_view name, std::optional<T>& value, const Rule& rule) {
    T inside = value.value_or(T{});
    if (scalar(name, Slot(&inside), rule, value.has_value())) value = std::move(inside);
  }

  /// An option that is one of a few keywords, kept as an enum: its values count from 0 in the order
  /// of `rule.choices`. Written and documented as the text that it is in the file.
  template <class T>
  requires std::is_enum_v<T> void operator()(std::string_view name, T& value, const Rule& rule) {
    std::string word(choice(rule.choices, static_cast<std::size_t>(value)));
    scalar(name, Slot(&word), rule, true);
    for (std::size_t i = 0; !choice(rule.choices, i).empty(); ++i)
      if (choice(rule.choices, i) == word) value = static_cast<T>(i);
  }

  /// A block of options of its own: `labels: { ... }`. Written alone, a scalar or a list is its
  /// main option. Returns whether it was written.
  virtual bool block(std::string_view name, const Rule& rule, const Inside& inside) = 0;

  /// A map from names to blocks: `aggregates: { spent_1d: { mean: amount, over: 1d } }`. `entry` is
  /// called for each as written; by writers of schema and documentation once, with the name "*".
  /// A scalar alone (`match: tx_id`) is one entry of that name with nothing inside.
  virtual void entries(std::string_view name, const Rule& rule, const Entry& entry) = 0;

  /// One component written as its name or `{ name: { options } }`: `chosen` gets its name and a
  /// visitor for its options; by writers of schema and documentation, each choice in turn.
  virtual bool component(std::string_view name, std::span<const Choice> choices, const Rule& rule,
                         const Entry& chosen) = 0;

  /// Gets the name of what a component is for (empty: for all), then as Entry.
  using EntryFor =
      std::function<void(const Written& owner, const Written& component, OptionVisitor&)>;

  /// One component for all (`detector: ks_test`), or a map that gives each of some names its own:
  /// `detector: { amount: ks_test, loss: { mean_shift: { window: 500 } } }`. It is a map of names
  /// when its first key is not one of the choices.
  virtual bool component_for(std::string_view name, std::span<const Choice> choices,
                             const Rule& rule, const EntryFor& chosen) {
    return component(name, choices, rule, [&](const Written& one, OptionVisitor& inside) {
      chosen(Written{}, one, inside);
    });
  }

  /// A list of components: `steps: [ { impute: mean }, standard_scaler ]`.
  virtual void components(std::string_view name, std::span<const Choice> choices, const Rule& rule,
                          const Entry& chosen) = 0;

  /// Reports that a combination of options is wrong, at the place of `name` (or of the component,
  /// if `name` was not written).
  virtual void fail(std::string_view name, const std::string& message) = 0;

  /// Whether options are being read from a file (and not described, written or hashed).
  virtual bool reading() const = 0;

 protected:
  /// Returns whether the option was written. `has_default`: the slot's value is what holds else.
  virtual bool scalar(std::string_view name, Slot slot, const Rule& rule, bool has_default) = 0;

 private:
  /// The keyword number `i` of `a|b|c`; empty after the last.
  static std::string_view choice(std::string_view choices, std::size_t i) {
    for (; i > 0; --i) {
      const std::size_t end = choices.find('|');
      if (end == std::string_view::npos) return {};
      choices.remove_prefix(end + 1);
    }
    return choices.substr(0, choices.find('|'));
  }
};

}  // namespace weir
