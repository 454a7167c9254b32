#include "operators/features/features_plan.h"

#include <xxhash.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "pipeline/core/field_name.h"
#include "pipeline/core/hash_text.h"

namespace weir {
namespace {

/// Of facts that a definition is made of: it names them all without becoming longer with each.
std::string digest(const std::vector<StatePart::Fact>& facts) {
  std::string text;
  for (const StatePart::Fact& fact : facts) text += fact.what + '\0' + fact.is + '\n';
  return facts.empty() ? "" : " " + hex16(XXH3_64bits(text.data(), text.size()));
}

/// Binds one operator; what went wrong is left out and not complained of twice.
class FeaturesBinder {
 public:
  FeaturesBinder(Binding& binding, const std::vector<ValueOption>& values, FeaturesPlan& plan)
      : binding_(binding), values_(values), plan_(plan), scope_(binding.input(0)) {
    plan_.fields = scope_.size();
    for (std::size_t i = 0; i < plan_.fields; ++i)
      definitions_.push_back(binding_.definition(0, i));
    add_part("keys", {});
    for (const ValueOption& value : values_)
      uses_.push_back(expression_names(value.expression.text));
    visited_.resize(values_.size(), Visit::never);
    own_.resize(values_.size());
  }

  void aggregate(const Aggregate::Options& options) {
    check_name(options.name);
    const std::optional<Type> type = bind_aggregate(options);
    if (!type) broken_.push_back(options.name.text);
    // A broken one stays in the schema, so that its readers are not told that it is unknown.
    scope_.fields.push_back({options.name.text, type.value_or(Type::number)});
    const std::string written = binding_.option("aggregates", options.name.text);
    std::vector<StatePart::Fact> facts{{"", written}};
    if (type)
      for (const std::size_t field : plan_.aggregates.back().argument.fields())
        facts.push_back({"the computation of " + scope_.fields[field].name, definitions_[field]});
    add_part("aggregate " + options.name.text, std::move(facts));
    definitions_.push_back(written + digest(plan_.parts.back().depends));
  }

  void finish() {
    first_value_ = scope_.size();
    std::vector<Field> own(scope_.fields.begin() + static_cast<std::ptrdiff_t>(plan_.fields),
                           scope_.fields.end());
    for (std::size_t i = 0; i < values_.size(); ++i) {
      check_name(values_[i].name);
      own_[i] = {values_[i].name.text, Type::number};
    }
    for (std::size_t i = 0; i < values_.size(); ++i) visit(i);
    own.insert(own.end(), own_.begin(), own_.end());
    binding_.output("", 0, std::move(own));
    for (std::size_t i = plan_.fields; i < definitions_.size(); ++i)
      binding_.define("", scope_.fields[i].name, definitions_[i]);
    if (plan_.aggregates.empty()) plan_.parts.clear();
    // Aggregates know earlier rows only.
    for (const FeaturesPlan::BoundValue& value : plan_.values) {
      const std::size_t i = value.output - first_value_;
      binding_.made_of("", values_[i].name.text, uses_[i]);
    }
  }

 private:
  enum class Visit : std::uint8_t { never, open, done };

  void check_name(const Written& name) {
    if (!is_field_name(name.text))
      binding_.error(name.place, "`" + name.text +
                                     "` cannot be the name of a field: letters, digits, `_` "
                                     "and `-`, a letter or `_` first");
  }

  /// Adds a part of the state; whatever else it depends on, it is by these keys.
  void add_part(std::string name, std::vector<StatePart::Fact> facts) {
    facts.push_back({"key", binding_.option("key")});
    for (const std::size_t field : plan_.key.fields())
      facts.push_back({"the computation of key " + scope_.fields[field].name, definitions_[field]});
    facts.push_back({"arithmetic", std::to_string(FeaturesPlan::kLogic)});
    plan_.parts.push_back({.name = std::move(name), .depends = std::move(facts)});
  }

  std::optional<Type> bind_aggregate(const Aggregate::Options& options) {
    const std::optional<Aggregate::Kind> kind = options.kind();
    if (!kind) return std::nullopt;
    const Written& text = options.argument();
    using Kind = Aggregate::Kind;
    std::optional<Type> wanted;
    if (*kind == Kind::count) wanted = Type::boolean;
    std::optional<Expression> argument = binding_.expression(0, text, wanted);
    if (!argument) return std::nullopt;
    const Type type = argument->type();
    const bool sums = *kind == Kind::sum || *kind == Kind::mean || *kind == Kind::std;
    const bool orders = *kind == Kind::min || *kind == Kind::max;
    if ((sums && type != Type::number && type != Type::boolean) ||
        (orders && type != Type::number && type != Type::time)) {
      binding_.error(text.place, "`" + text.text + "` is a " + std::string(type_name(type)) +
                                     "; this aggregate takes a number or a " +
                                     (sums ? "boolean" : "time"));
      return std::nullopt;
    }
    const Aggregate aggregate(options, type);
    if (aggregate.timed() && !binding_.timed(0)) {
      binding_.error(options.name.place,
                     "a window of time needs event times: give the source of `" +
                         std::string(binding_.edge(0)) + "` a `time:`");
      return std::nullopt;
    }
    plan_.aggregates.push_back({aggregate, std::move(*argument)});
    return *kind == Kind::count || sums ? Type::number : type;
  }

  std::optional<std::size_t> value_named(std::string_view name) const {
    if (binding_.input(0).find(name)) return std::nullopt;
    for (std::size_t i = 0; i < values_.size(); ++i)
      if (values_[i].name.text == name) return i;
    return std::nullopt;
  }

  void visit(std::size_t i) {
    if (visited_[i] == Visit::done) return;
    if (visited_[i] == Visit::open) return report_cycle(i);
    visited_[i] = Visit::open;
    path_.push_back(i);
    for (const std::string& name : uses_[i])
      if (const std::optional<std::size_t> used = value_named(name)) visit(*used);
    path_.pop_back();
    visited_[i] = Visit::done;
    compile(i);
  }

  void report_cycle(std::size_t i) {
    std::string text;
    for (auto at = std::find(path_.begin(), path_.end(), i); at != path_.end(); ++at) {
      text += values_[*at].name.text + " -> ";
      broken_.push_back(values_[*at].name.text);
    }
    binding_.error(values_[i].expression.place,
                   "a value cannot depend on itself: " + text + values_[i].name.text);
  }

  void compile(std::size_t i) {
    const std::string& name = values_[i].name.text;
    const auto is_broken = [&](const std::string& one) {
      return std::find(broken_.begin(), broken_.end(), one) != broken_.end();
    };
    if (is_broken(name)) return;
    if (std::any_of(uses_[i].begin(), uses_[i].end(), is_broken)) return broken_.push_back(name);
    std::optional<Expression> compiled =
        binding_.expression(0, scope_, values_[i].expression, std::nullopt);
    if (!compiled) return broken_.push_back(name);
    own_[i].type = compiled->type();
    std::vector<StatePart::Fact> used;
    for (const std::size_t field : compiled->fields())
      used.push_back({scope_.fields[field].name, definitions_[field]});
    definitions_.push_back(values_[i].expression.text + digest(used));
    scope_.fields.push_back(own_[i]);
    plan_.values.push_back({std::move(*compiled), first_value_ + i});
  }

  Binding& binding_;
  const std::vector<ValueOption>& values_;
  FeaturesPlan& plan_;
  Schema scope_;
  std::vector<std::string> definitions_;        // of the fields of the scope
  std::size_t first_value_ = 0;                 // its field in the output
  std::vector<std::vector<std::string>> uses_;  // names in each value's expression
  std::vector<Visit> visited_;
  std::vector<std::size_t> path_;
  std::vector<Field> own_;
  std::vector<std::string> broken_;
};

}  // namespace

void bind_features(Binding& binding, const std::vector<Aggregate::Options>& aggregates,
                   const std::vector<ValueOption>& values, FeaturesPlan& plan) {
  FeaturesBinder binder(binding, values, plan);
  for (const Aggregate::Options& aggregate : aggregates) binder.aggregate(aggregate);
  binder.finish();
}

}  // namespace weir
