#include "monitoring/statistics/kolmogorov_smirnov.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "monitoring/statistics/kolmogorov_distribution.h"
#include "pipeline/core/check.h"
#include "pipeline/core/exact_math.h"

namespace weir {
namespace {

constexpr std::uint64_t kMaxExact = 10'000;

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}

/// touched[y] = (x touched[y] + y touched[y - 1]) / sum for y = high down to low >= 1, x = sum - y.
void advance(std::vector<double>& touched, std::int64_t sum, std::int64_t low, std::int64_t high) {
  // Two at a time: the compiler does not see that going down in place is safe.
  using Pair [[gnu::vector_size(16)]] = double;
  const double scale = 1 / static_cast<double>(sum);
  double* const cells = touched.data();
  std::int64_t at = high;
  Pair y = {static_cast<double>(high - 1), static_cast<double>(high)};
  Pair x = static_cast<double>(sum) - y;
  for (; at > low; at -= 2) {
    Pair here, before;
    std::memcpy(&here, cells + at - 1, sizeof here);
    std::memcpy(&before, cells + at - 2, sizeof before);
    here = (x * here + y * before) * scale;
    std::memcpy(cells + at - 1, &here, sizeof here);
    x += 2.0;
    y -= 2.0;
  }
  if (at == low) cells[at] = (x[1] * cells[at] + y[1] * cells[at - 1]) * scale;
}

/// The share of lattice paths from (0, 0) to (m, n), m >= n, that touch |n x - m y| >= h (steps of
/// the least common multiple); one-sided: n x - m y >= h.
///
/// touched(x, y), the same share for paths to (x, y), is 1 outside the band and inside it
/// (x touched(x - 1, y) + y touched(x, y - 1)) / (x + y): all terms positive, so that even a share
/// of 1e-300 keeps its digits. Cells of one x + y do not depend on each other.
double share_touching(std::int64_t m, std::int64_t n, std::int64_t h, bool two_sided) {
  const std::int64_t g = std::gcd(m, n);
  const std::int64_t mg = m / g;
  const std::int64_t ng = n / g;
  std::vector<double> touched(static_cast<std::size_t>(n + 2), 1.0);  // by y
  touched[0] = 0;
  for (std::int64_t sum = 1; sum <= m + n; ++sum) {
    const std::int64_t last = std::min(n, sum);
    const std::int64_t below = floor_div(ng * sum - h, mg + ng) + 1;
    const std::int64_t above = -floor_div(-(ng * sum + h), mg + ng) - 1;
    const std::int64_t low = std::max({below, sum - m, std::int64_t{0}});
    const std::int64_t high = two_sided ? std::min(above, last) : last;
    if (low > high) return 1;
    advance(touched, sum, std::max<std::int64_t>(low, 1), high);
    if (low > 0) touched[static_cast<std::size_t>(low - 1)] = 1;
  }
  return std::min(touched[static_cast<std::size_t>(n)], 1.0);
}

/// The same for n = m by reflection, O(n): Gnedenko and Korolyuk 1951.
double share_touching_square(std::int64_t n, std::int64_t h) {
  double p = 0;
  for (std::int64_t k = n / h; k >= 0; --k) {
    double ratio = 1;
    for (std::int64_t j = 0; j < h; ++j)
      ratio = static_cast<double>(n - k * h - j) * ratio / static_cast<double>(n + k * h + j + 1);
    p = ratio * (1 - p);
  }
  return std::min(2 * p, 1.0);
}

double share_touching_square_one_sided(std::int64_t n, std::int64_t h) {
  double ratio = 1;
  for (std::int64_t j = 0; j < h; ++j)
    ratio *= static_cast<double>(n - j) / static_cast<double>(n + j + 1);
  return ratio;
}

/// Whether C(n + m, m) is beyond a double.
bool paths_overflow(std::uint64_t n, std::uint64_t m) {
  const std::uint64_t smaller = std::min(n, m);
  const double most = exact::log(std::numeric_limits<double>::max());
  double log_paths = 0;
  for (std::uint64_t k = 0; k < smaller && log_paths <= most; ++k)
    log_paths += exact::log(static_cast<double>(n + m - k) / static_cast<double>(smaller - k));
  return log_paths > most;
}

bool exact_applies(std::uint64_t n, std::uint64_t m, Alternative alternative, KsMethod method) {
  if (method == KsMethod::asymptotic) return false;
  if (method == KsMethod::automatic && std::max(n, m) > kMaxExact) return false;
  if (ks_steps(n, m) >= std::numeric_limits<std::int32_t>::max()) return false;
  return alternative == Alternative::two_sided || n == m || !paths_overflow(n, m);
}

double exact_p_value(std::int64_t n, std::int64_t m, std::int64_t steps, Alternative alternative) {
  const bool two_sided = alternative == Alternative::two_sided;
  if (n == m)
    return two_sided ? share_touching_square(n, steps) : share_touching_square_one_sided(n, steps);
  return share_touching(std::max(n, m), std::min(n, m), steps, two_sided);
}

double asymptotic_p_value(std::uint64_t n, std::uint64_t m, double statistic,
                          Alternative alternative) {
  const double larger = static_cast<double>(std::max(n, m));
  const double smaller = static_cast<double>(std::min(n, m));
  const double effective = larger * smaller / (larger + smaller);
  if (alternative == Alternative::two_sided)
    return kolmogorov_sf(static_cast<std::uint64_t>(std::nearbyint(effective)), statistic);
  const double z = std::sqrt(effective) * statistic;
  const double correction =
      2 * z * (larger + 2 * smaller) / std::sqrt(larger * smaller * (larger + smaller)) / 3;
  return std::clamp(exact::exp(-2 * z * z - correction), 0.0, 1.0);
}

}  // namespace

KsDistance ks_distance(std::span<const double> sorted_f, std::span<const double> sorted_g) {
  check(!sorted_f.empty() && !sorted_g.empty(), "both samples have values");
  const auto g = std::gcd(sorted_f.size(), sorted_g.size());
  const auto up = static_cast<std::int64_t>(sorted_g.size() / g);    // a value of F
  const auto down = static_cast<std::int64_t>(sorted_f.size() / g);  // a value of G
  KsDistance farthest;
  std::int64_t distance = 0;
  std::size_t i = 0, j = 0;
  while (i < sorted_f.size() && j < sorted_g.size()) {
    const double at = std::min(sorted_f[i], sorted_g[j]);
    for (; i < sorted_f.size() && sorted_f[i] == at; ++i) distance += up;
    for (; j < sorted_g.size() && sorted_g[j] == at; ++j) distance -= down;
    farthest.above = std::max(farthest.above, distance);
    farthest.below = std::max(farthest.below, -distance);
  }
  return farthest;  // past the end of one sample the distance only goes back to 0
}

std::int64_t ks_steps(std::uint64_t n, std::uint64_t m) {
  return static_cast<std::int64_t>(std::lcm(n, m));
}

double ks_p_value(std::uint64_t n, std::uint64_t m, std::int64_t steps, Alternative alternative,
                  KsMethod method) {
  if (exact_applies(n, m, alternative, method)) {
    if (steps == 0) return 1;
    return exact_p_value(static_cast<std::int64_t>(n), static_cast<std::int64_t>(m), steps,
                         alternative);
  }
  const double statistic = static_cast<double>(steps) / static_cast<double>(ks_steps(n, m));
  return asymptotic_p_value(n, m, statistic, alternative);
}

std::int64_t ks_critical_steps(std::uint64_t n, std::uint64_t m, double alpha, KsMethod method) {
  const std::int64_t all = ks_steps(n, m);
  const auto significant = [&](std::int64_t steps) {
    return ks_p_value(n, m, steps, Alternative::two_sided, method) <= alpha;
  };
  // The limit distribution's first term lands within a few per cent, and p-values near it are
  // cheap.
  const double scale = 1 / static_cast<double>(n) + 1 / static_cast<double>(m);
  const double guess = std::sqrt(exact::log(2 / alpha) / 2 * scale) * static_cast<double>(all);
  const auto within = [&](double steps) {
    return static_cast<std::int64_t>(std::clamp(steps, 1.0, static_cast<double>(all)));
  };
  std::int64_t low = within(0.9 * guess) - 1;
  std::int64_t high = within(1.02 * guess);
  for (double factor = 0.8; low > 0 && significant(low); factor *= factor)
    low = within(factor * guess) - 1;
  for (double factor = 1.2; high < all && !significant(high); factor *= factor)
    high = within(factor * guess);
  if (high == all && !significant(all)) return all + 1;
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (significant(middle) ? high : low) = middle;
  }
  return high;
}

KsResult ks_2samp(std::span<const double> f, std::span<const double> g, Alternative alternative,
                  KsMethod method) {
  std::vector<double> sorted_f(f.begin(), f.end());
  std::vector<double> sorted_g(g.begin(), g.end());
  std::sort(sorted_f.begin(), sorted_f.end());
  std::sort(sorted_g.begin(), sorted_g.end());
  const KsDistance distance = ks_distance(sorted_f, sorted_g);
  std::int64_t steps = std::max(distance.above, distance.below);
  if (alternative == Alternative::less) steps = distance.below;
  if (alternative == Alternative::greater) steps = distance.above;
  const std::int64_t all = ks_steps(f.size(), g.size());
  return {static_cast<double>(steps) / static_cast<double>(all),
          ks_p_value(f.size(), g.size(), steps, alternative, method)};
}

}  // namespace weir
