#include "operators/dedupe.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operators/keyed/keyed_table.h"
#include "operators/rows/passed_rows.h"
#include "operators/rows/row_key.h"
#include "operators/rows/row_time.h"

namespace weir {
namespace {

constexpr std::size_t kMostStretches = 16;

/// How far `later` is from `earlier`, whatever they are.
std::uint64_t distance(std::int64_t earlier, std::int64_t later) {
  return static_cast<std::uint64_t>(later) - static_cast<std::uint64_t>(earlier);
}

/// The points (event times, or numbers of rows) at which rows of one key have passed, as stretches:
/// from the first to the last of points that are so near to each other that all between is within
/// reach of one of them.
class PassedPoints {
 public:
  /// Whether no point is within reach of `point`, which then becomes one. Of more than `most`
  /// stretches the earliest is forgotten.
  bool add(std::int64_t point, std::uint64_t within, std::size_t most) {
    const auto next = std::ranges::lower_bound(stretches_, point, {}, &Stretch::last);
    const bool any_before = next != stretches_.begin();
    const bool any_after = next != stretches_.end();
    if (any_after && (next->first <= point || distance(point, next->first) <= within)) return false;
    if (any_before && distance(std::prev(next)->last, point) <= within) return false;

    const std::uint64_t no_gap = 2 * within + 1;
    const bool joins_before = any_before && distance(std::prev(next)->last, point) <= no_gap;
    const bool joins_after = any_after && distance(point, next->first) <= no_gap;
    if (joins_before && joins_after) {
      std::prev(next)->last = next->last;
      stretches_.erase(next);
    } else if (joins_before) {
      std::prev(next)->last = point;
    } else if (joins_after) {
      next->first = point;
    } else {
      stretches_.insert(next, Stretch{point, point});
      if (stretches_.size() > most) stretches_.erase(stretches_.begin());
    }
    return true;
  }

  void state(StateVisitor& visit) {
    visit(stretches_);
    if (!visit.loading()) return;
    bool fit = !stretches_.empty() && stretches_.size() <= kMostStretches;
    for (std::size_t i = 0; fit && i < stretches_.size(); ++i)
      fit = stretches_[i].first <= stretches_[i].last &&
            (i == 0 || stretches_[i - 1].last < stretches_[i].first);
    if (!fit) throw StateError("dedupe: the points of a key are out of order");
  }

 private:
  struct Stretch {
    std::int64_t first = 0;
    std::int64_t last = 0;
    void state(StateVisitor& visit) { visit(first, last); }
  };

  std::vector<Stretch> stretches_;  // ascending
};

struct DedupePlan {
  RowKey key;
  Extent within;
  std::size_t max_keys = 0;

  bool by_rows() const { return within.unit == Extent::Unit::rows; }
};

class Dedupe final : public Operator {
 public:
  Dedupe(const DedupePlan& plan, std::vector<bool> needed)
      : plan_(plan),
        needed_(std::move(needed)),
        // By rows nothing comes late: a key that was not seen for so many is a new one.
        table_(plan.max_keys, plan.by_rows() ? plan.within.value : 0) {}

  void process(Step& step, std::span<const Batch> inputs, std::span<Batch> outputs) override {
    const Batch& in = inputs[0];
    const std::span<std::uint32_t> kept = step.arena.make<std::uint32_t>(in.rows);
    std::uint32_t passed = 0;
    for (std::uint32_t row = 0; row < in.rows; ++row) {
      kept[passed] = row;
      passed += passes(step, in, row);
    }
    passed_ += passed;
    dropped_ += in.rows - passed;
    pass_rows(in, kept.first(passed), needed_, step.arena, outputs[0]);
  }

  void state(StateVisitor& visit, std::size_t /*part*/) override {
    visit.version("dedupe", 1);
    visit(rows_, table_);
  }

  void report(Reporter& report) const override {
    report(metric::keys, static_cast<double>(table_.size()));
    report(metric::evictions_total, static_cast<double>(table_.evicted()));
    report(metric::operator_rows_total, {"outcome", "passed"}, static_cast<double>(passed_));
    report(metric::operator_rows_total, {"outcome", "dropped"}, static_cast<double>(dropped_));
    report(metric::operator_rows_total, {"outcome", "no_key"}, static_cast<double>(no_key_));
  }

 private:
  bool passes(const Step& step, const Batch& in, std::uint32_t row) {
    ++rows_;
    const std::optional<std::string_view> key = plan_.key.of(in, row);
    if (!key) {
      ++no_key_;
      return true;
    }
    const auto within = static_cast<std::uint64_t>(plan_.within.value);
    if (plan_.by_rows()) return table_.at(*key, rows_, rows_).add(rows_, within, 1);
    const std::uint32_t position = in.positions[row];
    const std::int64_t time = row_time(step, position);
    return table_.at(*key, time, step.watermark[position]).add(time, within, kMostStretches);
  }

  DedupePlan plan_;
  std::vector<bool> needed_;
  KeyedTable<PassedPoints> table_;
  std::int64_t rows_ = 0;  // that came in
  // Since this program started: figures for people, no state.
  std::uint64_t passed_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t no_key_ = 0;
};

class DedupeSpec final : public OperatorSpec {
 public:
  void describe(OptionVisitor& option) override {
    option("input", input_, {.doc = "the stream to pass", .required = true});
    option("key", key_,
           {.doc = "field or fields: rows with the same value are the same",
            .required = true,
            .example = "tx_id"});
    option("within", within_,
           {.doc = "how near to a row that passed others of its key do not: event time, or rows of "
                   "the input",
            .min = 1,
            .choices = "rows|duration",
            .required = true,
            .example = "10m"});
    option("max_keys", max_keys_,
           {.doc = "keys remembered; the least recently seen makes room", .min = 1, .max = 1e9});
  }

  std::vector<Written> inputs() const override { return {input_}; }
  std::vector<Written> key() const override { return key_; }

  std::uint32_t logic() const override { return 2; }
  std::unique_ptr<const OperatorPlan> bind(Binding& binding) const override {
    DedupePlan plan{RowKey::bind(binding, 0, key_), within_, std::max<std::size_t>(1, max_keys_)};
    if (within_.unit == Extent::Unit::time && !binding.timed(0))
      binding.error(binding.place(), "`within` a time needs event times: give the source of `" +
                                         std::string(binding.edge(0)) + "` a `time:`");
    binding.output("", 0, {});
    std::vector<StatePart> parts{part_of(binding, plan)};
    return plan_of(
        [plan = std::move(plan)](const Placement& placement) {
          return std::make_unique<Dedupe>(plan, placement.needed[0]);
        },
        std::move(parts));
  }

 private:
  /// Which keys have passed, and when. A changed `within` holds for rows that come afterwards, but
  /// points of rows are no event times.
  StatePart part_of(const Binding& binding, const DedupePlan& plan) const {
    StatePart part{.name = "keys", .depends = {{"key", binding.option("key")}}};
    for (const std::size_t field : plan.key.fields())
      part.depends.push_back({"the computation of key " + binding.input(0).fields[field].name,
                              binding.definition(0, field)});
    part.depends.push_back({"the unit of `within`", plan.by_rows() ? "rows" : "time"});
    part.depends.push_back({"arithmetic", std::to_string(logic())});
    return part;
  }

  Written input_;
  std::vector<Written> key_;
  Extent within_;
  std::size_t max_keys_ = 1'000'000;
};

}  // namespace

std::unique_ptr<OperatorSpec> make_dedupe() { return std::make_unique<DedupeSpec>(); }

}  // namespace weir
