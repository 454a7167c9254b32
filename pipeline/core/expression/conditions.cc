#include <algorithm>
#include <string_view>

#include "pipeline/core/expression/evaluation.h"

namespace weir {
namespace {

template <class T>
T nothing() {
  if constexpr (std::is_same_v<T, double>)
    return kMissing;
  else
    return {};
}

}  // namespace

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
