#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "pipeline/core/expression/program.h"

namespace weir {

/// Evaluates the nodes of one program for one batch; used by this folder only. `active`, where
/// given, holds 1 for the rows whose value is wanted: what a guard like `if(x > 0, log(x), 0)`
/// keeps out is not counted as invalid.
class Evaluation {
 public:
  Evaluation(const Expression::Program& program, std::span<const Column> columns, std::size_t rows,
             Arena& arena, std::uint64_t& invalid)
      : program_(program), columns_(columns), rows_(rows), arena_(arena), invalid_(invalid) {}

  Column column(std::uint32_t index, const double* active);

 private:
  // int, so that conditions are joined by `&` without a branch and the loops become vectors.
  static int present(double value) { return value == value; }
  static int present(std::string_view text) { return text.data() != nullptr; }

  template <class T>
  const T* values(const ExpressionNode& node, std::size_t argument, const double* active) {
    const Column got = column(node.arguments[argument], active);
    if constexpr (std::is_same_v<T, double>)
      return got.numbers();
    else
      return got.texts();
  }
  template <class T>
  T* make() {
    return arena_.make<T>(rows_).data();
  }

  static Column result(const double* numbers) { return numbers; }
  static Column result(const std::string_view* texts) { return texts; }

  // evaluate.cc: numbers
  Column constant(const ExpressionNode& node);
  template <class F>
  Column binary(const ExpressionNode& node, const double* active, F f);
  template <bool counted, class F>
  Column unary(const ExpressionNode& node, const double* active, F f);
  Column arithmetic(const ExpressionNode& node, const double* active);
  Column elementary(const ExpressionNode& node, const double* active);
  Column pure(const ExpressionNode& node, const double* active);
  Column extreme(const ExpressionNode& node, const double* active);

  // evaluate.cc: comparison, logic, what is missing
  template <class F>
  const double* narrowed(const double* active, bool wanted, F keep);
  bool fallible(const ExpressionNode& node, std::size_t argument) const {
    return program_.nodes[node.arguments[argument]].fallible;
  }

  Column comparison(const ExpressionNode& node, const double* active);
  template <class T>
  Column compare(const ExpressionNode& node, const double* active);
  Column logical(const ExpressionNode& node, const double* active);
  template <class T>
  Column choose(const ExpressionNode& node, const double* active);
  template <class T>
  Column coalesce(const ExpressionNode& node, const double* active);
  Column choice(const ExpressionNode& node, const double* active);
  Column is_missing_column(const ExpressionNode& node, const double* active);

  // text.cc
  Column hash(const ExpressionNode& node, const double* active);
  Column concat(const ExpressionNode& node, const double* active);
  std::string_view joined(std::string_view a, std::string_view b, const double* active,
                          std::size_t row);
  Column text_function(const ExpressionNode& node, const double* active);
  Column parsed(const ExpressionNode& node, const double* active);

  template <class T, class F>
  Column compared(const ExpressionNode& node, const double* active, F f) {
    const T* a = values<T>(node, 0, active);
    const T* b = values<T>(node, 1, active);
    double* __restrict out = make<double>();
    for (std::size_t i = 0; i < rows_; ++i) {
      const double r = f(a[i], b[i]) ? 1.0 : 0.0;
      out[i] = (present(a[i]) & present(b[i])) ? r : kMissing;
    }
    return result(out);
  }

  template <class T, class F>
  Column each(const ExpressionNode& node, const double* active, F f) {
    const T* x = values<T>(node, 0, active);
    double* out = make<double>();
    for (std::size_t i = 0; i < rows_; ++i) out[i] = f(x[i]);
    return result(out);
  }

  const Expression::Program& program_;
  std::span<const Column> columns_;
  std::size_t rows_;
  Arena& arena_;
  std::uint64_t& invalid_;
};

}  // namespace weir
