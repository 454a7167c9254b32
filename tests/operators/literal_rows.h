#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "pipeline/core/batch.h"
#include "pipeline/core/schema.h"
#include "pipeline/core/step.h"

namespace weir {

/// A value of a literal row; monostate: missing. Booleans are numbers 0 and 1 on the way out.
using Cell = std::variant<std::monostate, double, std::string>;

inline Cell missing() { return {}; }
inline Cell cell(double value) { return std::isnan(value) ? Cell() : Cell(value); }
inline Cell cell(std::string_view text) { return std::string(text); }

/// One sequence number of the input: a row of `port`, or with port == kTick only time.
struct InputRow {
  static constexpr std::size_t kTick = static_cast<std::size_t>(-1);

  std::int64_t time = 0;  // event time; of a tick: the watermark that it sets
  std::vector<Cell> cells;
  std::size_t port = 0;
  bool at_tick = false;  // a row that time alone made, as `absent` does; `time`: as of a tick
};

struct OutputRow {
  std::uint64_t sequence = 0;
  std::vector<Cell> cells;

  bool operator==(const OutputRow&) const = default;
};

/// The clock of a test: the watermark is the highest event time less `lateness`, or what a tick
/// set.
struct TestClock {
  std::int64_t watermark = kNoTime;
  std::int64_t highest = kNoTime;
};

/// Fills `step` with the positions of `rows`, the first of which has the number `first_sequence`.
inline void fill_step(Step& step, std::span<const InputRow> rows, std::uint64_t first_sequence,
                      TestClock& clock, std::int64_t lateness = 0) {
  step.clear(first_sequence);
  for (const InputRow& row : rows) {
    const bool tick = row.port == InputRow::kTick || row.at_tick;
    step.source.push_back(tick ? Step::kTick : static_cast<std::uint16_t>(row.port));
    step.event_time.push_back(tick ? kNoTime : row.time);
    step.late.push_back(!tick && clock.watermark != kNoTime && row.time < clock.watermark);
    if (!tick) clock.highest = std::max(clock.highest, row.time);
    clock.watermark = std::max(clock.watermark, tick ? row.time : clock.highest - lateness);
    step.watermark.push_back(clock.watermark);
  }
}

/// One field of the rows at positions `at`, in the arena.
inline Column column_of(Type type, std::size_t field, std::span<const std::uint32_t> at,
                        std::span<const InputRow> rows, Arena& arena) {
  if (type == Type::text) {
    const std::span<std::string_view> texts = arena.make<std::string_view>(at.size());
    for (std::size_t i = 0; i < at.size(); ++i) {
      const auto* text = std::get_if<std::string>(&rows[at[i]].cells.at(field));
      texts[i] = text ? arena.copy(*text) : std::string_view();
    }
    return texts.data();
  }
  const std::span<double> numbers = arena.make<double>(at.size());
  for (std::size_t i = 0; i < at.size(); ++i) {
    const auto* number = std::get_if<double>(&rows[at[i]].cells.at(field));
    numbers[i] = number ? *number : kMissing;
  }
  return numbers.data();
}

/// The rows of one port as its batch of a step, in the step's arena.
inline Batch batch_of(const Schema& schema, std::span<const InputRow> rows, std::size_t port,
                      Arena& arena) {
  std::vector<std::uint32_t> at;
  for (std::uint32_t i = 0; i < rows.size(); ++i)
    if (rows[i].port == port) at.push_back(i);
  const std::span<std::uint32_t> positions = arena.make<std::uint32_t>(at.size());
  std::copy(at.begin(), at.end(), positions.begin());
  const std::span<Column> columns = arena.make<Column>(schema.size());
  for (std::size_t field = 0; field < schema.size(); ++field)
    columns[field] = column_of(schema.fields[field].type, field, at, rows, arena);
  return {&schema, static_cast<std::uint32_t>(at.size()), positions.data(), columns.data()};
}

/// A value of a batch; missing where the column is null.
inline Cell cell_of(const Batch& batch, std::size_t field, std::size_t row) {
  const Column& column = batch.columns[field];
  if (batch.schema->fields[field].type == Type::text) {
    if (!column || is_missing(column.texts()[row])) return {};
    return std::string(column.texts()[row]);
  }
  if (!column || is_missing(column.numbers()[row])) return {};
  EXPECT_TRUE(std::isfinite(column.numbers()[row])) << "columns never hold infinities";
  return column.numbers()[row];
}

/// Appends the rows of an output's batch to `out`, and checks their positions.
inline void append_rows(const Batch& batch, const Step& step, std::vector<OutputRow>& out) {
  std::uint32_t last = 0;
  for (std::size_t row = 0; row < batch.rows; ++row) {
    EXPECT_GE(batch.positions[row], last) << "positions never go back";
    EXPECT_LT(last = batch.positions[row], step.size());
    OutputRow output{step.first_sequence + batch.positions[row], {}};
    for (std::size_t field = 0; field < batch.schema->size(); ++field)
      output.cells.push_back(cell_of(batch, field, row));
    out.push_back(std::move(output));
  }
}

}  // namespace weir
