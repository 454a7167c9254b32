#pragma once

namespace weir {

/// P(T > t) of Student's t distribution with `df` > 0 degrees of freedom (not only whole numbers).
/// Accuracy: relative 1e-12 down to 1e-300. Agrees with scipy.stats.t.sf.
double student_t_sf(double t, double df);

}  // namespace weir
