// What a detector costs per value, and a Kolmogorov-Smirnov test per pair of samples.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "monitoring/statistics/kolmogorov_smirnov.h"
#include "monitoring/detectors/ks_test.h"
#include "monitoring/detectors/mean_shift.h"
#include "pipeline/core/splitmix64.h"

namespace weir {
namespace {

/// About N(0, 1) from splitmix64, made before the clock starts.
std::vector<double> draws(std::size_t count, double mean = 0) {
  SplitMix64 random(42);
  std::vector<double> values(count);
  for (double& value : values) value = random.sum12() + mean;
  return values;
}

void feed(benchmark::State& state, DriftDetector& detector) {
  const std::vector<double> values = draws(1 << 16);
  std::size_t next = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(detector.update(values[next++ & (values.size() - 1)]));
  state.SetItemsProcessed(state.iterations());
}

void ks_tumbling(benchmark::State& state) {
  KsTest detector({.reference = static_cast<std::size_t>(state.range(0)),
                   .window = static_cast<std::size_t>(state.range(1)),
                   .alpha = 1e-6});
  feed(state, detector);
}
BENCHMARK(ks_tumbling)->Args({1'000, 500})->Args({5'000, 1'000});

void ks_on_every_value(benchmark::State& state) {
  KsTest detector({.reference = static_cast<std::size_t>(state.range(0)),
                   .window = static_cast<std::size_t>(state.range(1)),
                   .every = 1,
                   .alpha = 1e-6});
  feed(state, detector);
}
BENCHMARK(ks_on_every_value)->Args({1'000, 500})->Args({5'000, 1'000});

void welch(benchmark::State& state) {
  MeanShift detector({});
  feed(state, detector);
}
BENCHMARK(welch);

/// One whole test, sorting included, of samples some way apart.
void ks_two_samples(benchmark::State& state) {
  const std::vector<double> x = draws(static_cast<std::size_t>(state.range(0)));
  const std::vector<double> y = draws(static_cast<std::size_t>(state.range(1)), 0.2);
  for (auto _ : state) benchmark::DoNotOptimize(ks_2samp(x, y).p_value);
}
BENCHMARK(ks_two_samples)
    ->Args({500, 500})
    ->Args({1'000, 500})
    ->Args({5'000, 1'000})
    ->Args({10'000, 9'999})
    ->Unit(benchmark::kMicrosecond);

void ks_critical(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(ks_critical_steps(static_cast<std::uint64_t>(state.range(0)),
                                               static_cast<std::uint64_t>(state.range(1)), 1e-6,
                                               KsMethod::automatic));
}
BENCHMARK(ks_critical)
    ->Args({1'000, 500})
    ->Args({5'000, 1'000})
    ->Args({5'000, 1'001})
    ->Args({10'000, 9'999})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir
