#include "operators/features/features.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "operators/features/aggregate.h"
#include "operators/features/features_plan.h"
#include "operators/keyed/keyed_table.h"
#include "operators/rows/row_time.h"

namespace weir {
namespace {

/// What is kept of one key: a track for each aggregate, texts apart from numbers. The tracks are
/// parts of the state by themselves.
struct KeyState {
  KeyClock clock;
  std::vector<NumberTrack> numbers;
  std::vector<TextTrack> texts;

  void state(StateVisitor& visit) { visit(clock); }
};

class Features final : public Operator {
 public:
  Features(const FeaturesPlan& plan, std::vector<bool> needed)
      : plan_(plan), table_(plan.max_keys, plan.ttl_ms), needed_(std::move(needed)) {
    for (const auto& bound : plan_.aggregates)
      tracks_.push_back((bound.aggregate.is_text() ? text_tracks_ : number_tracks_)++);
    const std::size_t first_value = plan_.fields + plan_.aggregates.size();
    wanted_ = needed_;
    wanted_.resize(first_value);
    for (const auto& value : plan_.values) wanted_.push_back(needed_[value.output]);
    // What a wanted value uses is wanted; those it uses stand before it.
    for (std::size_t i = plan_.values.size(); i-- > 0;)
      if (wanted_[first_value + i])
        for (std::size_t used : plan_.values[i].expression.fields()) wanted_[used] = true;
    scope_.resize(wanted_.size());
    arguments_.resize(plan_.aggregates.size());
    figures_.resize(plan_.aggregates.size());
  }

  void process(Step& step, std::span<const Batch> inputs, std::span<Batch> outputs) override {
    const Batch& input = inputs[0];
    const std::span<Column> columns = step.arena.make<Column>(needed_.size());
    std::fill(columns.begin(), columns.end(), Column{});
    std::copy_n(input.columns, plan_.fields, columns.begin());
    std::copy_n(input.columns, plan_.fields, scope_.begin());
    aggregate(step, input);
    for (std::size_t i = 0; i < plan_.aggregates.size(); ++i)
      columns[plan_.fields + i] = scope_[plan_.fields + i];
    const std::size_t first_value = plan_.fields + plan_.aggregates.size();
    for (std::size_t i = 0; i < plan_.values.size(); ++i) {
      if (!wanted_[first_value + i]) continue;
      const FeaturesPlan::BoundValue& value = plan_.values[i];
      scope_[first_value + i] = value.expression.evaluate(scope_, input.rows, step.arena, invalid_);
      columns[value.output] = scope_[first_value + i];
    }
    outputs[0].rows = input.rows;
    outputs[0].positions = input.positions;
    outputs[0].columns = columns.data();
  }

  /// The keys, then one aggregate of all keys after another.
  void state(StateVisitor& visit, std::size_t part) override {
    if (part == 0) {
      visit(table_);
      if (visit.loading()) table_.each([&](std::string_view, KeyState& key) { add_tracks(key); });
      return;
    }
    visit.version("aggregate", 1);
    if (visit.count(table_.size(), sizeof(std::uint64_t)) != table_.size())
      throw StateError("features: an aggregate is of different keys");
    const bool text = plan_.aggregates[part - 1].aggregate.is_text();
    const std::size_t track = tracks_[part - 1];
    table_.each([&](std::string_view, KeyState& key) {
      if (text)
        visit(key.texts[track]);
      else
        visit(key.numbers[track]);
    });
  }

  void report(Reporter& report) const override {
    report(metric::keys, static_cast<double>(table_.size()));
    report(metric::evictions_total, static_cast<double>(table_.evicted()));
    report(metric::keys_expired_total, static_cast<double>(table_.expired()));
    report(metric::expression_invalid_total, static_cast<double>(invalid_));
    report(metric::operator_rows_total, {"outcome", "no_key"}, static_cast<double>(no_key_));
    report(metric::values_skipped_total, static_cast<double>(skipped_));
    report(metric::texts_cut_total, static_cast<double>(cut_));
  }

 private:
  // Arguments a column at a time, then row by row: the figures before it came, then the row itself.
  void aggregate(Step& step, const Batch& input) {
    if (plan_.aggregates.empty()) return;
    const std::span<const Column> fields(input.columns, plan_.fields);
    for (std::size_t i = 0; i < plan_.aggregates.size(); ++i) {
      arguments_[i] =
          plan_.aggregates[i].argument.evaluate(fields, input.rows, step.arena, invalid_);
      const std::size_t field = plan_.fields + i;
      figures_[i] = {};
      scope_[field] = {};
      if (!wanted_[field]) continue;
      if (plan_.aggregates[i].aggregate.is_text())
        figures_[i] = step.arena.make<std::string_view>(input.rows).data();
      else
        figures_[i] = step.arena.make<double>(input.rows).data();
      scope_[field] = figures_[i].filled();
    }
    for (std::uint32_t row = 0; row < input.rows; ++row) {
      const std::optional<std::string_view> key = plan_.key.of(input, row);
      if (!key) {
        cold(row);
        continue;
      }
      const std::uint32_t position = input.positions[row];
      const std::int64_t time = row_time(step, position);
      pass(table_.at(*key, time, step.watermark[position]), row, time, step.arena);
    }
  }

  void pass(KeyState& key, std::uint32_t row, std::int64_t time, Arena& arena) {
    if (key.clock.rows == 0) add_tracks(key);
    key.clock.newest = std::max(key.clock.newest, time);
    std::size_t number = 0, text = 0;
    for (std::size_t i = 0; i < plan_.aggregates.size(); ++i) {
      const Aggregate& aggregate = plan_.aggregates[i].aggregate;
      if (aggregate.is_text()) {
        TextTrack& track = key.texts[text++];
        aggregate.advance(track, key.clock);
        if (figures_[i]) {
          const std::string_view figure = aggregate.figure(track, key.clock);
          figures_[i].texts()[row] = is_missing(figure) ? figure : arena.copy(figure);
        }
        const std::string_view value = arguments_[i].texts()[row];
        cut_ += Aggregate::too_long(value);
        aggregate.add(track, key.clock, time, value);
        continue;
      }
      NumberTrack& track = key.numbers[number++];
      aggregate.advance(track, key.clock);
      if (figures_[i])
        figures_[i].numbers()[row] = finite(aggregate.figure(track, key.clock));
      const double value = arguments_[i].numbers()[row];
      skipped_ += Aggregate::too_large(value);
      aggregate.add(track, key.clock, time, value);
    }
    ++key.clock.rows;
  }

  void add_tracks(KeyState& key) const {
    key.numbers.resize(number_tracks_);
    key.texts.resize(text_tracks_);
  }

  void cold(std::uint32_t row) {
    ++no_key_;
    for (std::size_t i = 0; i < plan_.aggregates.size(); ++i) {
      const Aggregate& aggregate = plan_.aggregates[i].aggregate;
      if (aggregate.is_text() && figures_[i]) figures_[i].texts()[row] = {};
      if (!aggregate.is_text() && figures_[i]) figures_[i].numbers()[row] = aggregate.cold();
    }
  }

  double finite(double figure) {
    if (!std::isinf(figure)) return figure;
    ++invalid_;
    return kMissing;
  }

  FeaturesPlan plan_;
  KeyedTable<KeyState> table_;
  std::size_t number_tracks_ = 0;
  std::size_t text_tracks_ = 0;
  std::vector<std::size_t> tracks_;  // per aggregate: its track among the numbers or texts of a key
  std::vector<bool> needed_;  // by field of the output
  std::vector<bool> wanted_;  // by field of the scope: needed, or used by what is
  // Of the step at hand; kept so that a step allocates nothing.
  std::vector<Column> scope_;
  std::vector<Column> arguments_;
  std::vector<MutableColumn> figures_;
  // Since this program started: figures for people, no state.
  std::uint64_t invalid_ = 0;
  std::uint64_t no_key_ = 0;
  std::uint64_t skipped_ = 0;  // numbers too large for an aggregate
  std::uint64_t cut_ = 0;      // texts too long for one
};

/// The entry of that name, made if need be. Descriptions, which have the name "*", get one of their
/// own.
template <class Option>
Option& entry_of(std::vector<Option>& options, const Written& name, bool reading, Option& sample) {
  for (Option& option : options)
    if (option.name.text == name.text) return option;
  if (!reading) return sample = Option{};
  options.emplace_back().name = name;
  return options.back();
}

class FeaturesSpec final : public OperatorSpec {
 public:
  void describe(OptionVisitor& option) override {
    option("input", input_, {.doc = "the stream to add features to", .required = true});
    option("key", key_, {.doc = "field or fields: aggregates are over rows with the same value"});
    option("max_keys", max_keys_,
           {.doc = "keys kept; the least recently used is dropped first", .min = 1, .max = 1e9});
    option("ttl", ttl_, {.doc = "a key is forgotten this long after its last row", .min = 1});
    option.entries("aggregates", {.doc = "figures over earlier rows of the same key"},
                   [&](const Written& name, OptionVisitor& inside) {
                     Aggregate::Options sample;
                     entry_of(aggregates_, name, inside.reading(), sample).describe(inside);
                   });
    option.entries("values", {.doc = "expressions over fields, aggregates and other values"},
                   [&](const Written& name, OptionVisitor& inside) {
                     ValueOption sample;
                     inside("expression",
                            entry_of(values_, name, inside.reading(), sample).expression,
                            {.doc = "an expression", .required = true, .example = "log1p(amount)"});
                   });
  }

  std::vector<Written> inputs() const override { return {input_}; }
  std::vector<Written> key() const override { return key_; }

  std::uint32_t logic() const override { return FeaturesPlan::kLogic; }
  std::unique_ptr<const OperatorPlan> bind(Binding& binding) const override {
    FeaturesPlan plan;
    plan.max_keys = std::max<std::size_t>(1, max_keys_);
    plan.ttl_ms = ttl_ ? ttl_->ms : 0;
    plan.key = RowKey::bind(binding, 0, key_);
    if (ttl_ && !binding.timed(0))
      binding.error(binding.place(), "`ttl` needs event times: give the source of `" +
                                         std::string(binding.edge(0)) + "` a `time:`");
    if (aggregates_.empty() && values_.empty())
      binding.error(binding.place(), "needs `aggregates` or `values`");
    bind_features(binding, aggregates_, values_, plan);
    std::vector<StatePart> parts = plan.parts;
    return plan_of(
        [plan = std::move(plan)](const Placement& placement) {
          return std::make_unique<Features>(plan, placement.needed[0]);
        },
        std::move(parts));
  }

 private:
  Written input_;
  std::vector<Written> key_;
  std::size_t max_keys_ = 1'000'000;
  std::optional<Duration> ttl_;
  std::vector<Aggregate::Options> aggregates_;
  std::vector<ValueOption> values_;
};

}  // namespace

std::unique_ptr<OperatorSpec> make_features() { return std::make_unique<FeaturesSpec>(); }

}  // namespace weir
