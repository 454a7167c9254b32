#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "operators/features/features.h"
#include "tests/operators/operator_harness.h"

/// What the tests of `features` run it on.
namespace weir::features_test {

inline const Schema kSchema{{{"card", Type::text},
                             {"amount", Type::number},
                             {"country", Type::text},
                             {"foreign", Type::boolean},
                             {"ts", Type::time}}};
inline constexpr std::size_t kOwn = 5;  // the operator's first own field
inline constexpr std::int64_t kMinute = 60'000;
inline constexpr std::int64_t kHour = 60 * kMinute;

inline OperatorBench bench(std::string_view options, bool timed = true) {
  return {make_features(), options, {FakeBinding::Port{kSchema, timed}}};
}

inline InputRow row(std::int64_t time, std::string_view card, Cell amount,
                    Cell country = cell("DE"), Cell foreign = cell(0)) {
  return {time, {cell(card), amount, country, foreign, cell(static_cast<double>(time))}};
}

/// A run of one key with rows a minute apart; returns the operator's first own field.
inline std::vector<Cell> first_own(OperatorBench& bench, const std::vector<InputRow>& rows) {
  std::vector<Cell> cells;
  for (const OutputRow& out : bench.main_rows(rows)) cells.push_back(out.cells.at(kOwn));
  return cells;
}

/// Transactions of some cards, a share of them late, some values missing.
inline std::vector<InputRow> transactions(std::size_t count, std::uint64_t seed, std::int64_t gap,
                                          std::size_t cards = 20) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> share(0, 1);
  std::vector<InputRow> rows;
  std::int64_t now = 1'700'000'000'000;
  for (std::size_t i = 0; i < count; ++i) {
    now += static_cast<std::int64_t>(share(random) * 2 * static_cast<double>(gap));
    const bool late = share(random) < 0.1;
    const std::int64_t back = late ? static_cast<std::int64_t>(share(random) * 40 * kMinute) : 0;
    InputRow made =
        row(now - back, "card" + std::to_string(random() % cards),
            share(random) < 0.05 ? missing() : cell(std::round(share(random) * 1e4) / 100),
            cell(share(random) < 0.3 ? "FR" : "DE"), cell(share(random) < 0.2 ? 1 : 0));
    if (share(random) < 0.03) made.cells[0] = missing();
    rows.push_back(std::move(made));
  }
  return rows;
}

}  // namespace weir::features_test
