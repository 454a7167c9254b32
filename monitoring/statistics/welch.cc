#include "monitoring/statistics/welch.h"

#include <cmath>
#include <limits>

#include "monitoring/statistics/student_t.h"

namespace weir {

Welch welch_test(const Moments& x, const Moments& y) {
  const double shift = mean_difference(x, y);
  const double nx = static_cast<double>(x.count);
  const double ny = static_cast<double>(y.count);
  const double ex = x.variance() / nx;
  const double ey = y.variance() / ny;
  const double error = ex + ey;
  if (error == 0) {  // constants: any distance between them is certain
    const double t = shift == 0 ? 0 : std::copysign(HUGE_VAL, shift);
    return {t, std::numeric_limits<double>::quiet_NaN()};
  }
  // Shares of the error, not its square, so that no scale of the values under- or overflows.
  const double share = ex / error;
  const double rest = ey / error;
  return {shift / std::sqrt(error), 1 / (share * share / (nx - 1) + rest * rest / (ny - 1))};
}

double welch_p_value(const Welch& test) {
  if (std::isinf(test.t)) return 0;
  if (std::isnan(test.df)) return test.t == 0 ? 1 : test.df;
  return 2 * student_t_sf(std::abs(test.t), test.df);
}

}  // namespace weir
