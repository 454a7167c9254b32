#include "pipeline/core/exact_math.h"

#include <sleef.h>

namespace weir::exact {

double exp(double x) { return Sleef_cinz_expd1_u10purec(x); }
double expm1(double x) { return Sleef_cinz_expm1d1_u10purec(x); }
double log(double x) { return Sleef_cinz_logd1_u10purec(x); }
double log1p(double x) { return Sleef_cinz_log1pd1_u10purec(x); }
double log2(double x) { return Sleef_cinz_log2d1_u10purec(x); }
double log10(double x) { return Sleef_cinz_log10d1_u10purec(x); }
double pow(double x, double y) { return Sleef_cinz_powd1_u10purec(x, y); }
double sin(double x) { return Sleef_cinz_sind1_u10purec(x); }
double cos(double x) { return Sleef_cinz_cosd1_u10purec(x); }
double tan(double x) { return Sleef_cinz_tand1_u10purec(x); }
double tanh(double x) { return Sleef_cinz_tanhd1_u10purec(x); }

double sigmoid(double x) {
  if (x >= 0) return 1 / (1 + exp(-x));
  const double e = exp(x);
  return e / (1 + e);
}

}  // namespace weir::exact

// libm's names, for everything that calls them by way of std::, Boost or Eigen. Functions that
// IEEE 754 rounds exactly (sqrt, floor, fmod ...) stay with libm.
#define WEIR_EXACT_1(name, sleef) \
  extern "C" double name(double x) { return Sleef_cinz_##sleef##purec(x); }

WEIR_EXACT_1(exp, expd1_u10)
WEIR_EXACT_1(exp2, exp2d1_u10)
WEIR_EXACT_1(exp10, exp10d1_u10)
WEIR_EXACT_1(expm1, expm1d1_u10)
WEIR_EXACT_1(log, logd1_u10)
WEIR_EXACT_1(log1p, log1pd1_u10)
WEIR_EXACT_1(log2, log2d1_u10)
WEIR_EXACT_1(log10, log10d1_u10)
WEIR_EXACT_1(sin, sind1_u10)
WEIR_EXACT_1(cos, cosd1_u10)
WEIR_EXACT_1(tan, tand1_u10)
WEIR_EXACT_1(asin, asind1_u10)
WEIR_EXACT_1(acos, acosd1_u10)
WEIR_EXACT_1(atan, atand1_u10)
WEIR_EXACT_1(sinh, sinhd1_u10)
WEIR_EXACT_1(cosh, coshd1_u10)
WEIR_EXACT_1(tanh, tanhd1_u10)
WEIR_EXACT_1(asinh, asinhd1_u10)
WEIR_EXACT_1(acosh, acoshd1_u10)
WEIR_EXACT_1(atanh, atanhd1_u10)
WEIR_EXACT_1(cbrt, cbrtd1_u10)
WEIR_EXACT_1(erf, erfd1_u10)
WEIR_EXACT_1(erfc, erfcd1_u15)
WEIR_EXACT_1(tgamma, tgammad1_u10)
WEIR_EXACT_1(lgamma, lgammad1_u10)

extern "C" double pow(double x, double y) { return Sleef_cinz_powd1_u10purec(x, y); }
extern "C" double atan2(double y, double x) { return Sleef_cinz_atan2d1_u10purec(y, x); }
extern "C" double hypot(double x, double y) { return Sleef_cinz_hypotd1_u05purec(x, y); }
