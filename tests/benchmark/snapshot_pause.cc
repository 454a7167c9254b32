// What a snapshot of a large state costs the shard that goes on: how long the event path is held
// for it (the figure of weir_snapshot_seconds), the longest call of the shard's loop at all, and,
// beside it, the bytes and the time of the whole write.
//
//   snapshot_pause [KIND [MB]]     all kinds, 100 MB if not given
//
// A real Runner on a log in memory. `keys`: `features` with a sum over ten minutes by key. `texts`:
// the dictionaries of `one_hot`, with few weights. `weights`: a softmax regression of 20 classes
// over `one_hot`. Rows come until the state is that large, and go on coming for ten snapshots.

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "tests/benchmark/memory_shard.h"

namespace weir::benchmark {
namespace {

constexpr int kSnapshots = 10;
constexpr std::string_view kHead = R"(
version: 1
pipeline: pause
engine: { snapshot_every: 2s, epoch: 25ms }
sources:
  rows:
    type: kafka
    topic: rows
    format: json
    fields: { a: text, b: text, c: text, x: number, y: text }
)";

struct Kind {
  std::string_view name, operators;
  double bytes_a_row;  // about, that a row adds to the state
};
constexpr Kind kKinds[] = {
    {"keys", R"(
operators:
  out:
    type: features
    input: rows
    key: a
    aggregates:
      sum: { sum: x }
      most: { max: x }
      rows: { count: true, over: 10, panes: 2 }
sinks: { out: { type: kafka, input: out, topic: out, fields: [a, sum] } }
)",
     200},
    {"texts", R"(
operators:
  out:
    type: model
    input: rows
    features: [a, b, c]
    target: x
    steps: [ { one_hot: { max: 1000000 } }, linear_regression ]
sinks: { out: { type: kafka, input: out, topic: out, fields: [score] } }
)",
     114},
    {"weights", R"(
operators:
  out:
    type: model
    input: rows
    features: [a, x]
    target: y
    classes:
      [k0, k1, k2, k3, k4, k5, k6, k7, k8, k9, k10, k11, k12, k13, k14, k15, k16, k17, k18, k19]
    steps: [ { one_hot: { max: 1000000 } }, softmax_regression ]
sinks: { out: { type: kafka, input: out, topic: out, fields: [prediction] } }
)",
     182}};

/// What the shard's own figures say.
struct Figures {
  double pauses = 0, seconds = 0, disk_bytes = 0, state_bytes = 0;
};

Figures figures_of(Runner& runner) {
  MetricSamples samples;
  runner.report(samples);
  Figures found;
  for (const MetricSamples::Sample& one : samples.all()) {
    if (one.metric == &metric::snapshot_seconds) {
      const auto& times = std::get<Histogram>(one.value);
      found.pauses = static_cast<double>(times.count());
      found.seconds = times.sum();
    }
    if (one.metric == &metric::snapshot_bytes) found.disk_bytes = one.number();
    if (one.metric == &metric::state_bytes) found.state_bytes += one.number();
  }
  return found;
}

class Bench {
 public:
  Bench(const Kind& kind, std::uint64_t fresh)
      : shard_(std::string(kHead) + std::string(kind.operators), folder_.path()),
        runner_(shard_.runner()),
        fresh_(fresh) {}

  void run() {
    fmt::print("{:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}\n", "state MB", "memory MB", "pause ms",
               "step ms", "write MB", "write ms", "rows/s");
    while (given_ < fresh_) go_on();
    Figures before = figures_of(*runner_);
    std::vector<double> pauses;
    for (int i = -1; i < kSnapshots; ++i) {  // the first is half of before
      const std::uint64_t began_rows = given_;
      const auto began = Clock::now();
      longest_ = 0;
      Figures now = before;
      while (now.pauses == before.pauses) go_on(), now = figures_of(*runner_);
      const auto paused = Clock::now();
      const double pause = (now.seconds - before.seconds) * 1e3;
      const double disk = now.disk_bytes;
      while (now.disk_bytes == disk && ms_since(paused) < 60'000)
        go_on(), now = figures_of(*runner_);
      before = now;
      if (i < 0) continue;
      pauses.push_back(pause);
      fmt::print("{:>9.1f} {:>9.0f} {:>9.2f} {:>9.2f} {:>9.1f} {:>9.0f} {:>9.0f}\n",
                 now.state_bytes / 1e6, status_mb("RssAnon"), pause, longest_,
                 now.disk_bytes / 1e6, ms_since(paused),
                 static_cast<double>(given_ - began_rows) / ms_since(began) * 1e3);
    }
    std::ranges::sort(pauses);
    fmt::print("pause: median {:.2f} ms, longest {:.2f} ms\n", pauses[pauses.size() / 2],
               pauses.back());
  }

 private:
  /// Some more rows, and what there is to do.
  void go_on() {
    for (int i = 0; i < 256; ++i, ++given_) {
      const std::uint64_t mixed = given_ * 0x9e3779b97f4a7c15U;
      const std::uint64_t key = given_ < fresh_ ? given_ : mixed % fresh_;
      const std::string row =
          fmt::format(R"({{"a":"a{:09}","b":"b{:09}","c":"c{:09}","x":{},"y":"k{}"}})", key, key,
                      key, mixed % 1'000, mixed % 20);
      shard_.log().append("rows", 0, std::nullopt, row, static_cast<std::int64_t>(given_));
    }
    for (bool more = true; more;) {
      const auto start = Clock::now();
      more = runner_->work();
      longest_ = std::max(longest_, ms_since(start));
    }
    if (given_ % 65'536 != 0) return;
    shard_.log().delete_records("rows", 0, static_cast<std::int64_t>(given_));
    shard_.log().delete_records("out", 0, shard_.log().offsets("out", 0).end);
  }

  TemporaryFolder folder_;
  MemoryShard shard_;
  std::unique_ptr<Runner> runner_;
  std::uint64_t fresh_;  // so many rows have texts of their own; those after them repeat these
  std::uint64_t given_ = 0;
  double longest_ = 0;  // ms
};

}  // namespace
}  // namespace weir::benchmark

int main(int argc, char** argv) {
  using namespace weir::benchmark;
  const std::string wanted = argc > 1 ? argv[1] : "";
  const double megabytes = argc > 2 ? std::strtod(argv[2], nullptr) : 100;
  for (const Kind& kind : kKinds) {
    if (!wanted.empty() && wanted != kind.name) continue;
    fmt::print("{}\n", kind.name);
    Bench(kind, static_cast<std::uint64_t>(megabytes * 1e6 / kind.bytes_a_row)).run();
  }
  return 0;
}
