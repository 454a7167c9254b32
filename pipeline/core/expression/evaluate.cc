#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>

#include "pipeline/core/check.h"
#include "pipeline/core/exact_math.h"
#include "pipeline/core/expression/evaluation.h"

namespace weir {
namespace {

constexpr double kHour = 3'600'000;
constexpr double kDay = 24 * kHour;
// The first ms of 1900 and of 2201: what a time can be.
constexpr double kFirstTime = -2'208'988'800'000;
constexpr double kPastTime = 7'289'654'400'000;

std::chrono::year_month_day date_of(double ms) {
  const auto days = static_cast<std::int64_t>(std::floor(ms / kDay));
  return std::chrono::sys_days(std::chrono::days(days));
}

template <class T>
T nothing() {
  if constexpr (std::is_same_v<T, double>)
    return kMissing;
  else
    return {};
}

}  // namespace

Column Evaluation::column(std::uint32_t index, const double* active) {
  const ExpressionNode& node = program_.nodes[index];
  switch (node.op) {
    case Op::constant:
      return constant(node);
    case Op::field:
      return columns_[node.field];
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::modulo:
    case Op::shift:
    case Op::pow:
      return arithmetic(node, active);
    case Op::log:
    case Op::log1p:
    case Op::exp:
    case Op::sqrt:
      return elementary(node, active);
    case Op::negate:
    case Op::abs:
    case Op::floor:
    case Op::round:
    case Op::logical_not:
    case Op::hour:
    case Op::weekday:
    case Op::day:
    case Op::month:
    case Op::year:
      return pure(node, active);
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
    case Op::equal:
    case Op::not_equal:
      return comparison(node, active);
    case Op::logical_and:
    case Op::logical_or:
      return logical(node, active);
    case Op::min:
    case Op::max:
    case Op::clamp:
      return extreme(node, active);
    case Op::choose:
    case Op::coalesce:
      return choice(node, active);
    case Op::is_missing:
      return is_missing_column(node, active);
    case Op::hash:
      return hash(node, active);
    case Op::concat:
      return concat(node, active);
    case Op::lower:
    case Op::contains:
    case Op::starts_with:
    case Op::substr:
    case Op::length:
      return text_function(node, active);
    case Op::to_number:
    case Op::to_time:
      return parsed(node, active);
  }
  check(false, "every operation is evaluated");
  return {};
}

Column Evaluation::constant(const ExpressionNode& node) {
  if (node.type == Type::text) {
    std::string_view* out = make<std::string_view>();
    std::fill_n(out, rows_, std::string_view(node.text));
    return result(out);
  }
  double* out = make<double>();
  std::fill_n(out, rows_, node.number);
  return result(out);
}

template <class F>
Column Evaluation::binary(const ExpressionNode& node, const double* active, F f) {
  const double* a = values<double>(node, 0, active);
  const double* b = values<double>(node, 1, active);
  double* __restrict out = make<double>();
  std::uint64_t bad = 0;
  for (std::size_t i = 0; i < rows_; ++i) {
    const double r = f(a[i], b[i]);
    const int finite = std::abs(r) <= std::numeric_limits<double>::max();
    bad += (1 - finite) & present(a[i]) & present(b[i]);
    out[i] = finite ? r : kMissing;
  }
  // Rare enough to be counted in a second walk, so that the first one stays simple.
  if (bad > 0 && active) {
    bad = 0;
    for (std::size_t i = 0; i < rows_; ++i)
      bad += (1 - present(out[i])) & present(a[i]) & present(b[i]) & (active[i] == 1);
  }
  invalid_ += bad;
  return result(out);
}

Column Evaluation::arithmetic(const ExpressionNode& node, const double* active) {
  switch (node.op) {
    case Op::add:
      return binary(node, active, [](double a, double b) { return a + b; });
    case Op::subtract:
      return binary(node, active, [](double a, double b) { return a - b; });
    case Op::multiply:
      return binary(node, active, [](double a, double b) { return a * b; });
    case Op::divide:
      return binary(node, active, [](double a, double b) { return a / b; });
    case Op::modulo:
      return binary(node, active, [](double a, double b) { return std::fmod(a, b); });
    case Op::pow:
      return binary(node, active, [](double a, double b) { return exact::pow(a, b); });
    default:
      return binary(node, active, [](double a, double b) {
        const double time = std::floor(a + b + 0.5);
        return time >= kFirstTime && time < kPastTime ? time : kMissing;
      });
  }
}

template <bool counted, class F>
Column Evaluation::unary(const ExpressionNode& node, const double* active, F f) {
  const double* x = values<double>(node, 0, active);
  double* __restrict out = make<double>();
  for (std::size_t i = 0; i < rows_; ++i) {
    const double r = present(x[i]) ? f(x[i]) : kMissing;
    const int finite = std::abs(r) <= std::numeric_limits<double>::max();
    if constexpr (counted) invalid_ += (1 - finite) & present(x[i]) & (!active || active[i] == 1);
    out[i] = finite ? r : kMissing;
  }
  return result(out);
}

Column Evaluation::elementary(const ExpressionNode& node, const double* active) {
  switch (node.op) {
    case Op::log:
      return unary<true>(node, active, [](double x) { return exact::log(x); });
    case Op::log1p:
      return unary<true>(node, active, [](double x) { return exact::log1p(x); });
    case Op::exp:
      return unary<true>(node, active, [](double x) { return exact::exp(x); });
    default:
      return unary<true>(node, active, [](double x) { return std::sqrt(x); });
  }
}

Column Evaluation::pure(const ExpressionNode& node, const double* active) {
  const double offset = node.arguments.size() > 1 ? program_.nodes[node.arguments[1]].number : 0;
  switch (node.op) {
    case Op::negate:
      return unary<false>(node, active, [](double x) { return -x; });
    case Op::abs:
      return unary<false>(node, active, [](double x) { return std::abs(x); });
    case Op::floor:
      return unary<false>(node, active, [](double x) { return std::floor(x); });
    case Op::round:
      return unary<false>(node, active, [](double x) { return std::round(x); });
    case Op::logical_not:
      return unary<false>(node, active, [](double x) { return 1 - x; });
    case Op::hour:
      return unary<false>(node, active, [offset](double time) {
        const double local = time + offset;
        return std::floor((local - std::floor(local / kDay) * kDay) / kHour);
      });
    case Op::day:
      return unary<false>(node, active, [offset](double time) {
        return static_cast<double>(unsigned{date_of(time + offset).day()});
      });
    case Op::month:
      return unary<false>(node, active, [offset](double time) {
        return static_cast<double>(unsigned{date_of(time + offset).month()});
      });
    case Op::year:
      return unary<false>(node, active, [offset](double time) {
        return static_cast<double>(int{date_of(time + offset).year()});
      });
    default:
      return unary<false>(node, active, [offset](double time) {
        const double day = std::floor((time + offset) / kDay) + 3;  // 1970 began on a Thursday
        return day - std::floor(day / 7) * 7;
      });
  }
}

Column Evaluation::extreme(const ExpressionNode& node, const double* active) {
  double* __restrict out = make<double>();
  const double* first = values<double>(node, 0, active);
  if (rows_ > 0) std::memcpy(out, first, rows_ * sizeof(double));
  for (std::size_t argument = 1; argument < node.arguments.size(); ++argument) {
    const double* b = values<double>(node, argument, active);
    const bool least = node.op == Op::min || (node.op == Op::clamp && argument == 2);
    for (std::size_t i = 0; i < rows_; ++i) {
      const double a = out[i];
      const double r = least ? (b[i] < a ? b[i] : a) : (b[i] > a ? b[i] : a);
      out[i] = (present(a) & present(b[i])) ? r : kMissing;
    }
  }
  return result(out);
}

Column evaluate_node(const Expression::Program& program, std::uint32_t node,
                     std::span<const Column> columns, std::size_t rows, Arena& arena,
                     std::uint64_t& invalid) {
  return Evaluation(program, columns, rows, arena, invalid).column(node, nullptr);
}

// Comparison, logic, what is missing.

// `active` less the rows for which `keep` is false; only made when `wanted`.
template <class F>
const double* Evaluation::narrowed(const double* active, bool wanted, F keep) {
  if (!wanted) return active;
  double* out = make<double>();
  for (std::size_t i = 0; i < rows_; ++i)
    out[i] = (!active || active[i] == 1) && keep(i) ? 1.0 : 0.0;
  return out;
}

template <class T>
Column Evaluation::compare(const ExpressionNode& node, const double* active) {
  using V = const T&;
  switch (node.op) {
    case Op::less:
      return compared<T>(node, active, [](V a, V b) { return a < b; });
    case Op::less_equal:
      return compared<T>(node, active, [](V a, V b) { return a <= b; });
    case Op::greater:
      return compared<T>(node, active, [](V a, V b) { return a > b; });
    case Op::greater_equal:
      return compared<T>(node, active, [](V a, V b) { return a >= b; });
    case Op::equal:
      return compared<T>(node, active, [](V a, V b) { return a == b; });
    default:
      return compared<T>(node, active, [](V a, V b) { return a != b; });
  }
}

Column Evaluation::comparison(const ExpressionNode& node, const double* active) {
  return program_.nodes[node.arguments[0]].type == Type::text
             ? compare<std::string_view>(node, active)
             : compare<double>(node, active);
}

Column Evaluation::logical(const ExpressionNode& node, const double* active) {
  const double decides = node.op == Op::logical_and ? 0.0 : 1.0;
  const double* a = values<double>(node, 0, active);
  const double* right =
      narrowed(active, fallible(node, 1), [&](std::size_t i) { return a[i] != decides; });
  const double* b = values<double>(node, 1, right);
  double* __restrict out = make<double>();
  for (std::size_t i = 0; i < rows_; ++i) {
    const double both = (present(a[i]) & present(b[i])) ? 1 - decides : kMissing;
    out[i] = (a[i] == decides || b[i] == decides) ? decides : both;
  }
  return result(out);
}

template <class T>
Column Evaluation::choose(const ExpressionNode& node, const double* active) {
  const double* c = values<double>(node, 0, active);
  const T* a = values<T>(
      node, 1, narrowed(active, fallible(node, 1), [&](std::size_t i) { return c[i] == 1; }));
  const T* b = values<T>(
      node, 2, narrowed(active, fallible(node, 2), [&](std::size_t i) { return c[i] == 0; }));
  T* __restrict out = make<T>();
  for (std::size_t i = 0; i < rows_; ++i) {
    const T chosen = c[i] == 1 ? a[i] : b[i];
    out[i] = present(c[i]) ? chosen : nothing<T>();
  }
  return result(out);
}

template <class T>
Column Evaluation::coalesce(const ExpressionNode& node, const double* active) {
  T* out = make<T>();
  const T* first = values<T>(node, 0, active);
  std::copy_n(first, rows_, out);
  for (std::size_t argument = 1; argument < node.arguments.size(); ++argument) {
    const T* next = values<T>(node, argument,
                              narrowed(active, fallible(node, argument),
                                       [&](std::size_t i) { return !present(out[i]); }));
    for (std::size_t i = 0; i < rows_; ++i)
      if (!present(out[i])) out[i] = next[i];
  }
  return result(out);
}

Column Evaluation::choice(const ExpressionNode& node, const double* active) {
  const bool is_text = node.type == Type::text;
  if (node.op == Op::choose)
    return is_text ? choose<std::string_view>(node, active) : choose<double>(node, active);
  return is_text ? coalesce<std::string_view>(node, active) : coalesce<double>(node, active);
}

Column Evaluation::is_missing_column(const ExpressionNode& node, const double* active) {
  if (program_.nodes[node.arguments[0]].type == Type::text)
    return each<std::string_view>(node, active,
                                  [](std::string_view x) { return present(x) ? 0.0 : 1.0; });
  return each<double>(node, active, [](double x) { return present(x) ? 0.0 : 1.0; });
}

}  // namespace weir
