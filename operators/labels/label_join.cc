#include "operators/labels/label_join.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

WaitingLayout label_layout(bool text_id, bool text_label) {
  WaitingLayout layout;
  (text_id ? layout.texts : layout.numbers).push_back("id");
  layout.numbers.insert(layout.numbers.end(), {"time", "label"});
  if (text_label) layout.texts.push_back("label");
  return layout;
}

}  // namespace

LabelJoin::LabelJoin(const Options& options, WaitingLayout rows, bool text_id, bool text_label)
    : options_(options),
      text_id_(text_id),
      text_label_(text_label),
      // A label after its row's wait is `late` for one more wait.
      rows_(std::move(rows), {.text_id = text_id, .remember = options.wait_ms}),
      labels_(label_layout(text_id, text_label), {.text_id = text_id}) {}

void LabelJoin::advance(std::int64_t watermark, std::int64_t heard) {
  watermark_ = watermark;
  rows_.forget(heard);
  labels_.forget(watermark);
  for (const auto* timer = labels_.next_due(); timer && timer->due <= watermark;
       timer = labels_.next_due()) {
    labels_.drop(timer->number);
    count(LabelEnd::orphan);
  }
}

/// A row leaves without label and without its wait having ended.
void LabelJoin::give_up(std::uint64_t row) {
  count(rows_.due(row) <= watermark_ ? LabelEnd::unheard : LabelEnd::evicted);
  rows_.drop(row);
}

void LabelJoin::give_up_rows() {
  while (rows_.waiting() > 0) give_up(rows_.oldest());
}

void LabelJoin::shed(std::int64_t watermark) {
  watermark_ = watermark;
  while (rows_.waiting() > options_.max_waiting) give_up(rows_.oldest());
  while (rows_.remembered() > options_.max_waiting) rows_.forget_one();
  while (labels_.waiting() > options_.max_waiting) {
    labels_.drop(labels_.oldest());
    count(LabelEnd::orphan);
  }
  while (labels_.remembered() > options_.max_waiting) labels_.forget_one();
}

LabelJoin::Arrival LabelJoin::arrive(const MatchId& id, Label& label) {
  labels_.find(id, found_labels_);
  auto& held = found_labels_.waiting.empty() ? found_labels_.kept : found_labels_.waiting;
  if (!held.empty()) {
    labels_.read(held.front(), label_row_);
    const std::size_t at = text_id_ ? 0 : 1;
    label.time = static_cast<std::int64_t>(label_row_.numbers[at]);
    label.number = label_row_.numbers[at + 1];
    if (text_label_) label.text = label_row_.texts.back();
    if (options_.rows == Rows::all) make_room(id);
    return Arrival::joins;
  }
  rows_.find(id, found_);
  const bool second = !found_.waiting.empty() && options_.rows == Rows::first;
  if (second || !found_.joined.empty()) {
    count(LabelEnd::duplicate_row);
    return Arrival::duplicate;
  }
  if (options_.rows == Rows::last) {
    for (std::uint64_t row : found_.waiting) {
      rows_.drop(row);
      count(LabelEnd::superseded);
    }
  }
  if (options_.rows == Rows::all)
    for (std::size_t i = 0; i + options_.max_per_id <= found_.waiting.size(); ++i)
      give_up(found_.waiting[i]);
  return Arrival::waits;
}

/// Joined rows are kept only to recognise their id; the most recent `max_per_id` suffice.
void LabelJoin::make_room(const MatchId& id) {
  rows_.find(id, found_);
  for (std::size_t i = 0; i + options_.max_per_id <= found_.joined.size(); ++i)
    rows_.drop(found_.joined[i]);
}

void LabelJoin::keep(const MatchId& id, Arrival arrival, std::int64_t time, const WaitingRow& row) {
  const std::uint64_t number =
      rows_.add(id, std::max(time, watermark_) + options_.wait_ms, row);
  if (arrival == Arrival::joins) {
    if (!found_labels_.waiting.empty()) {
      const std::uint64_t held = found_labels_.waiting.front();
      if (options_.rows == Rows::all)  // it may serve further rows
        labels_.expire(held, true);
      else
        labels_.drop(held);
    }
    take(number);
    return;
  }
  while (rows_.waiting() > options_.max_waiting) give_up(rows_.oldest());
}

LabelJoin::Reached LabelJoin::reach(const MatchId& id, const Label& label) {
  rows_.find(id, found_);
  if (!found_.waiting.empty()) {
    if (options_.rows == Rows::all) keep_label(id, label, true);
    return {found_.waiting, false};
  }
  if (!found_.joined.empty()) {
    count(LabelEnd::duplicate);
    return {};
  }
  if (!found_.kept.empty() || found_.expired) {
    count(LabelEnd::late);
    // Rows that were kept while late labels were learned stay so no longer.
    return {options_.learn_late ? std::span<const std::uint64_t>(found_.kept)
                                : std::span<const std::uint64_t>(),
            true};
  }
  if (found_.joined_late) {
    count(LabelEnd::duplicate);
    return {};
  }
  labels_.find(id, found_labels_);
  if (!found_labels_.waiting.empty() || !found_labels_.kept.empty())
    count(LabelEnd::duplicate);
  else
    keep_label(id, label, false);
  return {};
}

void LabelJoin::keep_label(const MatchId& id, const Label& label, bool used) {
  const std::int64_t until = std::max(label.time, watermark_) + options_.early_ms;
  if (until <= watermark_) {
    if (!used) count(LabelEnd::orphan);
    return;
  }
  label_row_.numbers.clear();
  label_row_.texts.clear();
  if (text_id_)
    label_row_.texts.push_back(id.text);
  else
    label_row_.numbers.push_back(id.number);
  label_row_.numbers.push_back(static_cast<double>(label.time));
  label_row_.numbers.push_back(label.number);
  if (text_label_) label_row_.texts.push_back(label.text);
  const std::uint64_t number = labels_.add(id, until, label_row_);
  if (used) labels_.expire(number, true);
  while (labels_.waiting() > options_.max_waiting) {
    labels_.drop(labels_.oldest());
    count(LabelEnd::orphan);
  }
  while (labels_.remembered() > options_.max_waiting) labels_.forget_one();
}

void LabelJoin::take(std::uint64_t row) {
  rows_.join(row);
  while (rows_.remembered() > options_.max_waiting) rows_.forget_one();
}

void LabelJoin::end_wait(const TimerQueue::Timer& timer, bool absent) {
  count(absent ? LabelEnd::absent : LabelEnd::expired);
  rows_.expire(timer.number, options_.learn_late);
  while (rows_.remembered() > options_.max_waiting) rows_.forget_one();
}

void LabelJoin::state(StateVisitor& visit) {
  visit.version("labels", 2);
  visit(rows_, labels_, ends_);
}

void LabelJoin::sealed(SealedSink& sink) {
  rows_.sealed(sink);
  labels_.sealed(sink);
}

}  // namespace weir
