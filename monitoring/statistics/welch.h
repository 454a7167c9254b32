#pragma once

#include "monitoring/sketches/moments.h"

namespace weir {

/// Welch's test of equal means, variances not assumed equal.
struct Welch {
  double t = 0;   // (x.mean - y.mean) / its standard error
  double df = 0;  // Welch-Satterthwaite
};

/// Input: two samples of at least two values each. Two constants: t is 0 when they are equal, else
/// infinite; df is then NaN.
/// Source: Welch 1947, Biometrika 34:28; as scipy.stats.ttest_ind(equal_var=False).
Welch welch_test(const Moments& x, const Moments& y);

/// The probability of a |t| at least this large when the means are equal.
double welch_p_value(const Welch& test);

}  // namespace weir
