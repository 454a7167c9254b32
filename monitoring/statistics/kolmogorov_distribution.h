#pragma once

#include <cstdint>

namespace weir {

/// P(K > x) of Kolmogorov's limit distribution of sqrt(n) D_n.
/// Accuracy: relative 1e-13. Agrees with scipy.special.kolmogorov.
double kolmogorov_sf(double x);

/// P(D_n+ >= d) of the one-sided one-sample statistic, exact for every n.
/// Cost: O(n). Source: Birnbaum and Tingey 1951, Ann. Math. Stat. 22:592; terms as in Loader 2000.
/// Agrees with scipy.special.smirnov to relative 1e-11.
double smirnov_sf(std::uint64_t n, double d);

/// P(D_n >= d) of the two-sided one-sample statistic; NaN for n = 0.
/// Cost: O(n) at worst. Method by size and tail, where scipy.stats.kstwo.sf changes it too: exact
/// (Ruben and Gambino 1982; Marsaglia, Tsang and Wang 2003), twice the one-sided tail (Miller
/// 1956), or the expansion of Pelz and Good 1976. Agrees with scipy.stats.kstwo.sf to relative
/// 1e-9. Source: Simard and L'Ecuyer 2011, J. Stat. Software 39(11).
double kolmogorov_sf(std::uint64_t n, double d);

}  // namespace weir
