#include "monitoring/statistics/student_t.h"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace weir {
namespace {

// A p-value that underflows is zero, not an error.
using Quiet = boost::math::policies::policy<
    boost::math::policies::underflow_error<boost::math::policies::ignore_error>,
    boost::math::policies::overflow_error<boost::math::policies::ignore_error>>;

}  // namespace

double student_t_sf(double t, double df) {
  if (std::isinf(t)) return t > 0 ? 0 : 1;
  const boost::math::students_t_distribution<double, Quiet> distribution(df);
  return boost::math::cdf(boost::math::complement(distribution, t));
}

}  // namespace weir
