// How fast a shard replays what its epochs record, beside the rate at which it did it live: without
// a broker, so what the engine allows. No snapshot is taken: all is replayed.
//
//   recovery_rate [ROWS]     2,000,000 rows if not given

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <random>
#include <string>

#include "tests/benchmark/memory_shard.h"

namespace weir::benchmark {
namespace {

constexpr std::string_view kPipeline = R"(
version: 1
pipeline: recovery
engine: { snapshot_every: 1d }
sources:
  rows:
    type: kafka
    topic: rows
    format: json
    fields:
      { id: text, user: text, a: number, b: number, c: number, d: number, target: boolean }
operators:
  features:
    type: features
    input: rows
    key: user
    aggregates: { usual: { mean: a, over: 100 } }
    values: { change: a - usual }
  out:
    type: model
    input: features
    features: [a, b, c, d, change]
    target: target
    steps: [ { impute: mean }, standard_scaler, logistic_regression ]
  drift:
    type: drift
    input: rows
    fields: [a]
    detector: { ks_test: { reference: 5000, window: 1000, alpha: 1e-6 } }
sinks:
  out: { type: kafka, input: out, topic: out, fields: [id, a, b, score, prediction] }
  drift: { type: kafka, input: drift, topic: drift }
)";

void append_rows(MemoryLog& log, std::uint64_t count) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> draw;
  for (std::uint64_t i = 0; i < count; ++i) {
    const double a = draw(random), b = draw(random), c = draw(random), d = draw(random);
    const std::string row = fmt::format(
        R"({{"id":"event-{:08}","user":"u{}",)"
        R"("a":{:.6f},"b":{:.6f},"c":{:.6f},"d":{:.6f},"target":{}}})",
        i, random() % 10'000, a, b, c, d, a - 2 * b + c / 2 + draw(random) / 2 > 0);
    log.append("rows", 0, std::nullopt, row, static_cast<std::int64_t>(i));
  }
}

int run(std::uint64_t rows) {
  const TemporaryFolder folder;
  MemoryShard shard(std::string(kPipeline), folder.path());
  append_rows(shard.log(), rows);
  std::uint64_t state = 0;
  {
    const auto live = shard.runner();
    const auto began = Clock::now();
    while (live->shard().sequence() < rows && live->stopped() == StopReason::none) live->work();
    fmt::print("live     {:>9.0f} rows/s\n", static_cast<double>(rows) / ms_since(began) * 1e3);
    live->park(false);
    state = live->state_hash();
  }
  ReplayProgress end;
  const auto again = shard.runner([&](const ReplayProgress& at) { end = at; });
  fmt::print("replayed {:>9.0f} rows/s ({} rows, {} epochs)\n",
             static_cast<double>(end.rows) / end.seconds, end.rows, end.epochs);
  if (end.rows == rows && again->state_hash() == state) return 0;
  fmt::print("what was replayed is another state\n");
  return 1;
}

}  // namespace
}  // namespace weir::benchmark

int main(int argc, char** argv) {
  return weir::benchmark::run(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 2'000'000);
}
