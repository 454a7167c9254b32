// Rows that wait for labels, by the million: what they take in memory and on disk, what a snapshot
// of them sends, and how long it pauses the shard.
//
//   waiting_rows [ROWS [FOLDER]]      10,000,000 rows and a temporary folder if not given
//
// A row is 2 features, an id of 16 bytes and what was served (7 numbers), as `model` keeps it. A
// snapshot is taken after every million rows, as the service takes one a minute, then ten more.

#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connectors/memory/memory_log.h"
#include "operators/labels/waiting_store.h"
#include "pipeline/core/state_visitors.h"
#include "pipeline/snapshots/snapshot_store.h"

namespace weir {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

const WaitingLayout kLayout{
    .numbers = std::vector<std::string>(9, "number"), .texts = {"id"}, .list = false};

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// Time that this thread had of a processor: what a pause is on a machine that does nothing else.
double cpu_ms() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

struct Pause {
  double wall = 0, cpu = 0;  // ms
};

/// A line of /proc/self/status, in MB.
double status_mb(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (double kb = 0; word == name + ":" && status >> kb) return kb / 1'024;
  return 0;
}

double folder_mb(const fs::path& folder) {
  double bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) bytes += static_cast<double>(entry.file_size());
  return bytes / 1e6;
}

std::uint64_t hash_of(WaitingStore& rows) {
  StateHasher hasher;
  rows.state(hasher);
  return hasher.hash();
}

void add(WaitingStore& rows, std::uint64_t i) {
  static WaitingRow row{std::vector<double>(9), std::vector<std::string_view>(1), {}};
  const std::string id = fmt::format("{:016x}", i * 0x9e3779b97f4a7c15U);
  for (std::size_t k = 0; k < row.numbers.size(); ++k)
    row.numbers[k] = static_cast<double>(i % 1'000) / static_cast<double>(k + 1);
  row.texts[0] = id;
  rows.add({.text = id}, static_cast<std::int64_t>(i) + 600'000'000, row);
}

class Bench {
 public:
  explicit Bench(const fs::path& folder) : folder_(folder) {
    log_.create_topic(snapshots_topic("bench"), 1);
    SnapshotStore::Settings settings;
    settings.folder = folder;
    settings.pipeline = "bench";
    settings.log = &log_;
    settings.topic_every = std::chrono::milliseconds(0);
    store_ = std::make_unique<SnapshotStore>(std::move(settings));
  }

  /// Takes a snapshot as a shard with so large a state does; returns the pause of its thread.
  Pause snapshot() {
    Snapshot snapshot;
    snapshot.pipeline = "bench";
    snapshot.epoch = ++epoch_;
    const auto start = Clock::now();
    const double cpu = cpu_ms();
    Collect collect(store_->sealed());
    rows.sealed(collect);
    auto copy = std::make_unique<StateCopy>([this] { return save(); }, std::move(collect.parts));
    const Pause pause{ms_since(start), cpu_ms() - cpu};
    store_->publish(std::move(snapshot), false, std::move(copy));
    store_->finish();
    // A broker's disk is no memory of ours.
    const std::string topic = snapshots_topic("bench");
    log_.delete_records(topic, 0, log_.offsets(topic, 0).end);
    return pause;
  }

  void print(std::uint64_t count, Pause pause) const {
    const SnapshotStore::Report report = store_->report();
    fmt::print("{:>11} {:>9.1f} {:>9.1f} {:>10.0f} {:>10.0f} {:>10.0f} {:>10.1f} {:>10.1f}\n",
               count, pause.wall, pause.cpu, status_mb("RssAnon"), status_mb("RssFile"),
               folder_mb(folder_), static_cast<double>(report.disk.bytes) / 1e6,
               static_cast<double>(report.topic.bytes) / 1e6);
    if (const std::string& error = report.disk.last_error + report.topic.last_error; !error.empty())
      fmt::print("{}\n", error);
  }

  /// Reads the newest snapshot as a restart does; returns whether it is the same state.
  bool load() {
    const auto start = Clock::now();
    const Snapshot snapshot = store_->load(store_->list().at(0));
    const double read = ms_since(start);
    WaitingStore loaded(kLayout, {});
    StateReader reader(snapshot.sections[0].bytes, snapshot.sections[0].sealed);
    loaded.state(reader);
    fmt::print("read again in {:.1f} s, of which {:.1f} s for the files and their hashes\n",
               ms_since(start) / 1e3, read / 1e3);
    return hash_of(loaded) == hash_of(rows);
  }

  WaitingStore rows{kLayout, {}};

 private:
  struct Collect final : SealedSink {
    explicit Collect(SealedSink& to) : sink(to) {}
    void settle(SealedBytes& part) override {
      if (part.empty()) return;
      sink.settle(part);
      parts.push_back(part);
    }
    SealedSink& sink;
    std::vector<SealedBytes> parts;
  };
  struct NamesAlone final : SealedSink {
    void settle(SealedBytes&) override {}
  };

  std::vector<StateSection> save() {
    std::vector<StateSection> sections(1);
    sections[0].name = "model";
    NamesAlone names;
    StateWriter writer(sections[0].bytes, names, sections[0].sealed);
    rows.state(writer);
    return sections;
  }

  fs::path folder_;
  MemoryLog log_;
  std::unique_ptr<SnapshotStore> store_;
  std::uint64_t epoch_ = 0;
};

int run(std::uint64_t count, const fs::path& folder) {
  Bench bench(folder);
  fmt::print("{:>11} {:>9} {:>9} {:>10} {:>10} {:>10} {:>10} {:>10}\n", "rows", "pause ms",
             "cpu ms", "memory MB", "mapped MB", "disk MB", "state MB", "sent MB");
  double slowest = 0;
  for (std::uint64_t i = 1; i <= count; ++i) {
    const auto start = Clock::now();
    add(bench.rows, i);
    slowest = std::max(slowest, ms_since(start));
    if (i % 1'000'000 == 0 || i == count) bench.print(i, bench.snapshot());
  }
  std::vector<Pause> pauses;
  for (int i = 0; i < 10; ++i) pauses.push_back(bench.snapshot());
  bench.print(count, pauses.back());
  const auto tell = [&](const char* what, double Pause::*time) {
    std::ranges::sort(pauses, {}, time);
    fmt::print("{} of the last ten: median {:.1f} ms, longest {:.1f} ms\n", what, pauses[5].*time,
               pauses.back().*time);
  };
  tell("pause", &Pause::wall);
  tell("processor time", &Pause::cpu);
  fmt::print("slowest row: {:.1f} ms; own account of memory: {} MB\n", slowest,
             bench.rows.bytes() / 1'000'000);
  if (!bench.load()) {
    fmt::print("what was read is another state\n");
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  const std::uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
  std::string made = (std::filesystem::temp_directory_path() / "weir-waiting-XXXXXX").string();
  if (argc <= 2 && ::mkdtemp(made.data()) == nullptr) return 1;
  const std::filesystem::path folder = argc > 2 ? argv[2] : made;
  const int code = weir::run(count, folder);
  if (argc <= 2) std::filesystem::remove_all(folder);
  return code;
}
