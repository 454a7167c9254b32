#include "monitoring/statistics/kolmogorov_distribution.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <vector>

#include "pipeline/core/exact_math.h"

namespace weir {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kPi2 = kPi * kPi;
const double kSqrt2Pi = std::sqrt(2 * kPi);

/// log(n!) less Stirling's formula for it.
double stirling_error(double n) {
  constexpr std::array<double, 16> kSmall = {0.0,
                                             0.08106146679532726,
                                             0.04134069595540929,
                                             0.02767792568499834,
                                             0.02079067210376509,
                                             0.01664469118982119,
                                             0.01387612882307075,
                                             0.01189670994589177,
                                             0.01041126526197209,
                                             0.009255462182712733,
                                             0.008330563433362871,
                                             0.007573675487951841,
                                             0.006942840107209530,
                                             0.006408994188004207,
                                             0.005951370112758848,
                                             0.005554733551962801};
  if (n < 16) return kSmall[static_cast<std::size_t>(n)];
  const double n2 = n * n;
  return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - 1.0 / (1188 * n2)) / n2) / n2) / n2) /
         n;
}

/// x log(x / (x + gap)) + gap, without the cancellation of the plain formula when gap is small.
double deviance(double x, double gap) {
  const double mean = x + gap;
  if (std::abs(gap) >= 0.1 * (x + mean)) return x * exact::log(x / mean) + gap;
  const double v = -gap / (x + mean);
  double sum = -gap * v;
  double power = 2 * x * v;
  for (int j = 1; j < 1000; ++j) {
    power *= v * v;
    const double next = sum + power / (2 * j + 1);
    if (next == sum) break;
    sum = next;
  }
  return sum;
}

/// P(D_n < d) by the power of a matrix of side 2 ceil(n d) - 1.
class DurbinMatrix {
 public:
  DurbinMatrix(std::uint64_t n, double d) : n_(n) {
    const double t = static_cast<double>(n) * d;
    k_ = static_cast<std::size_t>(std::ceil(t));
    side_ = 2 * k_ - 1;
    fill(static_cast<double>(k_) - t);
  }

  double cdf() const {
    Scaled result{identity(), 0};
    Scaled base{h_, 0};
    for (std::uint64_t left = n_; left > 0; left >>= 1) {
      if (left & 1) result = product(result, base);
      if (left > 1) base = product(base, base);
    }
    double p = result.values[(k_ - 1) * side_ + k_ - 1];
    int exponent = result.exponent;
    for (std::uint64_t i = 1; i <= n_; ++i) {  // n! / n^n
      p = p * static_cast<double>(i) / static_cast<double>(n_);
      if (p < 0x1p-500) {
        p *= 0x1p500;
        exponent -= 500;
      }
    }
    return std::ldexp(p, exponent);
  }

 private:
  using Matrix = std::vector<double>;
  struct Scaled {
    Matrix values;
    int exponent;
  };

  void fill(double h) {
    h_.assign(side_ * side_, 0);
    const auto at = [&](std::size_t row, std::size_t column) -> double& {
      return h_[row * side_ + column];
    };
    for (std::size_t i = 0; i < side_; ++i)
      for (std::size_t j = 0; j < std::min(side_, i + 2); ++j) at(i, j) = 1;
    double power = 1;
    for (std::size_t i = 0; i < side_; ++i) {
      power *= h;  // h^(i + 1)
      at(i, 0) -= power;
      at(side_ - 1, side_ - 1 - i) -= power;
    }
    if (2 * h > 1) at(side_ - 1, 0) += exact::pow(2 * h - 1, static_cast<double>(side_));
    for (std::size_t i = 0; i < side_; ++i)
      for (std::size_t j = 0; j < std::min(side_, i + 2); ++j)
        for (std::size_t g = 1; g + j <= i + 1; ++g) at(i, j) /= static_cast<double>(g);
  }

  Matrix identity() const {
    Matrix one(side_ * side_, 0);
    for (std::size_t i = 0; i < side_; ++i) one[i * side_ + i] = 1;
    return one;
  }

  Scaled product(const Scaled& a, const Scaled& b) const {
    Scaled c{Matrix(side_ * side_, 0), a.exponent + b.exponent};
    for (std::size_t i = 0; i < side_; ++i)
      for (std::size_t k = 0; k < side_; ++k) {
        const double left = a.values[i * side_ + k];
        for (std::size_t j = 0; j < side_; ++j)
          c.values[i * side_ + j] += left * b.values[k * side_ + j];
      }
    if (c.values[(k_ - 1) * side_ + k_ - 1] > 0x1p400) {
      for (double& value : c.values) value *= 0x1p-400;
      c.exponent += 400;
    }
    return c;
  }

  std::uint64_t n_;
  std::size_t k_;
  std::size_t side_;
  Matrix h_;
};

/// K0 + K1 / sqrt(n) + K2 / n + K3 / n^1.5 of Pelz and Good, in the form that converges for small
/// z.
double pelz_good_cdf(std::uint64_t n, double d) {
  const double root_n = std::sqrt(static_cast<double>(n));
  const double z = root_n * d;
  const double z2 = z * z, z3 = z2 * z, z4 = z2 * z2, z6 = z4 * z2, z7 = z6 * z, z8 = z4 * z4;
  double k0 = 0, k1 = 0, k2 = 0, k3 = 0;
  const int terms = static_cast<int>(std::ceil(16 * z / kPi));
  for (int k = terms; k >= 1; --k) {
    const double odd = (2 * k - 1) / 2.0;  // k - 1/2
    const double w = kPi2 * odd * odd;     // (pi (k - 1/2))^2
    const double weight = exact::exp(-w / (2 * z2));
    k0 += weight;
    k1 += weight * (w - z2);
    k2 += weight * (6 * z6 + 2 * z4 + w * (2 * z4 - 5 * z2) + w * w * (1 - 2 * z2));
    k3 += weight * (-30 * z6 - 90 * z8 + w * (135 * z4 - 96 * z6) + w * w * (212 * z4 - 60 * z2) +
                    w * w * w * (5 - 30 * z2));
  }
  double more2 = 0, more3 = 0;
  for (int k = terms; k >= 1; --k) {
    const double w = kPi2 * k * k;
    const double weight = exact::exp(-w / (2 * z2));
    more2 += weight * w;
    more3 += weight * w * (3 * z2 - w);
  }
  k0 *= kSqrt2Pi / z;
  k1 *= kSqrt2Pi / (6 * z4);
  k2 = k2 * kSqrt2Pi / (72 * z7) - more2 * kSqrt2Pi / (36 * z3);
  k3 = k3 * kSqrt2Pi / (6480 * z6 * z4) + more3 * kSqrt2Pi / (216 * z6);
  return k0 + (k1 + (k2 + k3 / root_n) / root_n) / root_n;
}

/// P(D_n < d) for 1/2 < n d <= 1: Ruben and Gambino.
double lowest_cdf(std::uint64_t n, double t) {
  double p = 1;
  for (std::uint64_t i = 1; i <= n && p > 0; ++i)
    p *= static_cast<double>(i) / static_cast<double>(n) * (2 * t - 1);
  return p;
}

}  // namespace

double kolmogorov_sf(double x) {
  if (x <= 0) return 1;
  if (x < 0.82) {
    double cdf = 0;
    for (int k = 8; k >= 1; --k) {
      const double odd = 2 * k - 1;
      cdf += exact::exp(-odd * odd * kPi2 / (8 * x * x));
    }
    return 1 - cdf * kSqrt2Pi / x;
  }
  double sf = 0;
  for (int k = 6; k >= 1; --k) sf = exact::exp(-2.0 * (2 * k - 1) * x * x) * (1 - sf);
  return 2 * sf;
}

double smirnov_sf(std::uint64_t n, double d) {
  if (d <= 0) return 1;
  if (d >= 1) return 0;
  const double size = static_cast<double>(n);
  const double gap = size * d;
  double sum = exact::exp(size * exact::log1p(-d));  // the term of j = 0
  const double error = stirling_error(size);
  for (std::uint64_t i = 1; i < n; ++i) {
    const double j = static_cast<double>(i);
    const double rest = size - j;
    if (rest <= gap) break;
    const double log_term =
        error - stirling_error(j) - stirling_error(rest) - deviance(j, gap) - deviance(rest, -gap);
    sum += gap / (gap + j) * exact::exp(log_term) * std::sqrt(size / (2 * kPi * j * rest));
  }
  return std::min(sum, 1.0);
}

double kolmogorov_sf(std::uint64_t n, double d) {
  if (n == 0) return std::numeric_limits<double>::quiet_NaN();
  const double size = static_cast<double>(n);
  const double t = size * d;
  if (d >= 1) return 0;
  if (t <= 0.5) return 1;
  if (t <= 1) return 1 - lowest_cdf(n, t);
  if (t >= size - 1) return std::min(1.0, 2 * exact::exp(size * exact::log1p(-d)));
  if (d >= 0.5) return std::min(1.0, 2 * smirnov_sf(n, d));

  const double nd2 = t * d;
  double cdf = 0;
  if (n <= 140) {
    if (nd2 > 4) return std::min(1.0, 2 * smirnov_sf(n, d));
    cdf = DurbinMatrix(n, d).cdf();
  } else {
    if (nd2 >= 370) return 0;  // below 1e-300
    if (nd2 >= 2.2) return std::min(1.0, 2 * smirnov_sf(n, d));
    cdf = n <= 100'000 && t * std::sqrt(d) <= 1.4 ? DurbinMatrix(n, d).cdf() : pelz_good_cdf(n, d);
  }
  return std::clamp(1 - cdf, 0.0, 1.0);
}

}  // namespace weir
