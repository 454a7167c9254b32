#include "operators/model/served_row_layout.h"

#include <algorithm>
#include <array>
#include <string>

namespace weir {
namespace {

// A row's numbers after its fields.
enum KeptAt : std::size_t {
  kTime,
  kPrediction,
  kScore,
  kWeight,
  kVersion,
  kUpdates,
  kMadeBy,
  kFallback
};
constexpr std::array kKept = {"@time",    "@prediction", "@score",   "@weight",
                              "@version", "@updates",    "@made_by", "@fallback"};
static_assert(kKept.size() == kFallback + 1);

std::string column_name(const Field& field) {
  return field.name + ':' + std::string(type_name(field.type));
}

}  // namespace

ServedRowLayout::ServedRowLayout(const ModelPlan& plan, const std::vector<bool>& needed)
    : number_features_(plan.numbers.size()),
      text_features_(plan.texts.size()) {
  const LabelsPlan& labels = *plan.labels;
  (labels.text_id ? texts_ : numbers_).push_back(labels.row_id);
  first_number_ = numbers_.size();
  first_text_ = texts_.size();
  numbers_.insert(numbers_.end(), plan.numbers.begin(), plan.numbers.end());
  texts_.insert(texts_.end(), plan.texts.begin(), plan.texts.end());
  for (std::size_t field = 0; field < plan.rows.size(); ++field) {
    auto& fields = plan.rows.fields[field].type == Type::text ? texts_ : numbers_;
    if (needed[field] && std::ranges::find(fields, field) == fields.end()) fields.push_back(field);
  }
  for (const std::size_t field : numbers_)
    columns_.numbers.push_back(column_name(plan.rows.fields[field]));
  columns_.numbers.insert(columns_.numbers.end(), kKept.begin(), kKept.end());
  for (const std::size_t field : texts_)
    columns_.texts.push_back(column_name(plan.rows.fields[field]));
  columns_.list = plan.task == Task::classes;
}

void ServedRowLayout::pack(const Batch& rows, std::size_t row, const Kept& kept,
                           std::span<const double> scores, WaitingRow& to) const {
  const Served& served = kept.served;
  to.numbers.clear();
  to.texts.clear();
  for (const std::size_t field : numbers_) to.numbers.push_back(rows.number(field, row));
  for (const std::size_t field : texts_) to.texts.push_back(rows.text(field, row));
  to.numbers.insert(to.numbers.end(),
                    {static_cast<double>(kept.time), served.prediction, served.score, kept.weight,
                     served.version, served.updates, static_cast<double>(served.made_by),
                     served.fallback ? 1.0 : 0.0});
  to.list.assign(scores.begin(), scores.end());
}

ServedRowLayout::Kept ServedRowLayout::kept(const WaitingRow& row) const {
  const double* at = row.numbers.data() + numbers_.size();
  return {.time = static_cast<std::int64_t>(at[kTime]),
          .weight = at[kWeight],
          .served = {.prediction = at[kPrediction],
                     .score = at[kScore],
                     .version = at[kVersion],
                     .updates = at[kUpdates],
                     .made_by = static_cast<std::uint32_t>(at[kMadeBy]),
                     .fallback = at[kFallback] != 0}};
}

Features ServedRowLayout::features(const WaitingRow& row) const {
  const std::span<const double> numbers(row.numbers);
  const std::span<const std::string_view> texts(row.texts);
  return {numbers.subspan(first_number_, number_features_),
          texts.subspan(first_text_, text_features_)};
}

void ServedRowLayout::pass_on(const WaitingRow& row, OutcomeWriter& outcomes, Arena& arena) const {
  for (std::size_t i = 0; i < numbers_.size(); ++i)
    outcomes.pass_number(numbers_[i], row.numbers[i]);
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    const std::string_view text = row.texts[i];
    if (outcomes.needed(texts_[i]))
      outcomes.pass_text(texts_[i], is_missing(text) ? text : arena.copy(text));
  }
}

}  // namespace weir
