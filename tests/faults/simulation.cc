#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/faults/scenario.h"
#include "tests/faults/small_pipeline.h"
#include "tests/temporary_folder.h"

// The whole engine on the log in memory, in a time of its own: one seed decides the input, what
// fails and when. Processes die between any two calls of the log, commits and their answers are
// lost, epochs are torn, snapshots damaged, a shard is taken over while its older owner still
// works. After each scenario every row is there once (in every fourth, which delivers at least
// once: at least once), and state and outputs are those of a clean replay. A scenario that fails is
// named by its seed and repeats exactly:
//   simulation --seed SEED --scenarios 1

namespace weir::simulation {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::uint64_t seed = 1, crashes = 100'000, scenarios = 0;
  int each = 60;  // crashes of a scenario
  unsigned threads = 2;
};

void print(const Figures& figures, std::uint64_t seed, double seconds, bool failed) {
  std::printf(
      "%llu crashes in %.1f s: %llu scenarios from seed %llu on, %llu recoveries, %llu takeovers, "
      "%llu stops as fenced, %llu lost requests, %llu lost answers, %llu torn epochs (%llu without "
      "their outputs, found; %llu with a gap, found), %llu damaged snapshots, %llu changes of the "
      "pipeline, %llu epochs, %llu rows; %d violations\n",
      static_cast<unsigned long long>(figures.crashes), seconds,
      static_cast<unsigned long long>(figures.scenarios),
      static_cast<unsigned long long>(seed),
      static_cast<unsigned long long>(figures.recoveries),
      static_cast<unsigned long long>(figures.takeovers),
      static_cast<unsigned long long>(figures.fenced),
      static_cast<unsigned long long>(figures.lost_requests),
      static_cast<unsigned long long>(figures.lost_answers),
      static_cast<unsigned long long>(figures.torn),
      static_cast<unsigned long long>(figures.found_torn),
      static_cast<unsigned long long>(figures.gaps),
      static_cast<unsigned long long>(figures.damaged),
      static_cast<unsigned long long>(figures.changes),
      static_cast<unsigned long long>(figures.epochs),
      static_cast<unsigned long long>(figures.rows), failed ? 1 : 0);
}

int simulate(const Options& options) {
  Figures figures;
  std::atomic<std::uint64_t> next = options.seed;
  std::atomic<bool> failed = false;
  std::mutex mutex;
  const auto began = Clock::now();
  const auto enough = [&](std::uint64_t seed) {
    return failed || (options.scenarios > 0 ? seed >= options.seed + options.scenarios
                                            : figures.crashes >= options.crashes);
  };
  const auto work = [&] {
    const Scenario::Versions once = small_pipeline("exactly_once"),
                             often = small_pipeline("at_least_once");
    const TemporaryFolder folder;
    for (std::uint64_t seed = next++; !enough(seed); seed = next++) {
      try {
        Scenario(seed, once, often, folder.path() / "state", figures).run(options.each);
      } catch (const std::exception& error) {
        const std::lock_guard lock(mutex);
        failed = true;
        std::printf(
            "VIOLATION with seed %llu: %s\n  repeat it: simulation --seed %llu "
            "--scenarios 1 --each %d\n",
            static_cast<unsigned long long>(seed), error.what(),
            static_cast<unsigned long long>(seed), options.each);
      }
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < options.threads; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  print(figures, options.seed, std::chrono::duration<double>(Clock::now() - began).count(), failed);
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace weir::simulation

int main(int argc, char** argv) {
  weir::simulation::Options options;
  CLI::App app(
      "Simulates processes that die at any point; every scenario is a function of its seed.",
      "simulation");
  app.footer("Example:\n  simulation --crashes 100000");
  app.add_option("--seed", options.seed, "of the first scenario");
  app.add_option("--crashes", options.crashes, "end after so many");
  app.add_option("--scenarios", options.scenarios, "end after so many scenarios instead");
  app.add_option("--each", options.each, "crashes in a scenario, at least");
  app.add_option("--threads", options.threads, "that work on scenarios");
  CLI11_PARSE(app, argc, argv);
  return weir::simulation::simulate(options);
}
