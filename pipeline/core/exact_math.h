#pragma once

namespace weir {

/// Elementary functions with the same bits on every processor. glibc picks other instructions
/// (FMA, AVX2) at load time and its results differ in the last bit, which would break replay.
/// Accuracy: 1 ulp. Source: SLEEF 3.5.1, `Sleef_cinz_*` (portable C, no FMA).
///
/// The same library also defines libm's own names (exp, log, pow ...) for the whole program, so
/// std::, Boost and Eigen get these bits too; see exact_math.cc.
namespace exact {

double exp(double x);
double expm1(double x);
double log(double x);
double log1p(double x);
double log2(double x);
double log10(double x);
double pow(double x, double y);
double sin(double x);
double cos(double x);
double tan(double x);
double tanh(double x);

/// 1 / (1 + exp(-x)), without overflow for large |x|.
double sigmoid(double x);

}  // namespace exact
}  // namespace weir
