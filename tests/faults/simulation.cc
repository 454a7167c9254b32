#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <set>
#include <thread>

#include "pipeline/service/topics.h"
#include "pipeline/snapshots/snapshot_folder.h"
#include "tests/harness/running_shard.h"

// The whole engine on the log in memory, in a time of its own and on one thread: one seed decides
// the input, what fails and when. Processes die between any two calls of the log, commits and their
// answers are lost, epochs are torn, snapshots damaged, a shard is taken over while its older owner
// still works. After each scenario every row is there once (in every fourth, which delivers at least
// once: at least once), and state and outputs are those of a clean replay. A scenario that fails is
// named by its seed and repeats exactly:
//   simulation --seed SEED --scenarios 1

namespace weir {
namespace {

namespace fs = std::filesystem;
using namespace engine_test;
using Call = MemoryLog::Call;
using Fault = MemoryLog::Fault;
using Clock = Runner::Clock;

/// What a call of a process that has died throws. No std::exception, so that nobody survives it.
struct Killed {};

/// A scenario that does not hold.
struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void require(bool holds, const std::string& what) {
  if (!holds) throw Violation(what);
}

struct Figures {
  std::atomic<std::uint64_t> scenarios = 0, crashes = 0, recoveries = 0, takeovers = 0, fenced = 0,
                             lost_requests = 0, lost_answers = 0, torn = 0, found_torn = 0,
                             gaps = 0, damaged = 0, changes = 0, epochs = 0, rows = 0;
};

// Everything that an epoch has, at the least cost: features, a filter before timers, a model that
// waits for labels, a detector, dead letters.
const std::string kSmall = "version: 1\npipeline: small\n" + std::string(kEvents) + R"(
operators:
  bought: { type: filter, input: events, when: kind == "event" }
  labels: { type: filter, input: events, when: kind == "label" }
  spend:
    type: features
    input: bought
    key: card
    aggregates: { spent: { mean: amount, over: 10m }, count: { count: true, over: 1m } }
    values: { ratio: amount / spent }
  fraud:
    type: model
    input: spend
    features: [amount, ratio, count]
    target: good
    labels: { input: labels, match: id, wait: 20s, absent: true, early: 2s }
    steps: [ impute: mean, standard_scaler, logistic_regression ]
    fallback: 0.5
  drift: { type: drift, input: spend, fields: [amount], detector: { mean_shift: { reference: 20, window: 10 } } }
sinks:
  all: { type: kafka, input: fraud, topic: all, key: card, fields: [id, card, score, updates] }
  outcomes: { type: kafka, input: fraud.outcomes, topic: outcomes, key: card, fields: [id, label, loss] }
  alerts: { type: kafka, input: drift, topic: alerts }
)";

/// The pipelines that take turns: the second has another detector.
struct Versions {
  explicit Versions(const char* delivery) {
    for (const char* window : {"10", "11"}) {
      Set set = {{"operators.drift.detector.mean_shift.window", window},
                 {"sources.events.idle", "40ms"},
                 {"engine.delivery", delivery},
                 {"engine.batch_rows", "16"},
                 {"engine.run_rows", "10"},
                 {"engine.epoch", "2ms"},
                 {"engine.snapshot_every", "15ms"},
                 {"engine.snapshot_topic_every", "60ms"}};
      all.push_back(read_pipeline(kSmall, set));
    }
  }
  std::vector<std::unique_ptr<Pipeline>> all;
};

/// A process that runs the shard.
struct Process {
  std::unique_ptr<RunningShard> shard;
  std::size_t version = 0;
};

class Scenario {
 public:
  Scenario(std::uint64_t seed, const Versions& once, const Versions& often, const fs::path& folder,
           Figures& figures)
      : random_(seed),
        often_(random_() % 4 == 0),
        versions_(often_ ? often : once),
        folder_(folder),
        figures_(figures),
        rows_(random_rows(seed, static_cast<int>(120 + random_() % 120))) {
    fs::remove_all(folder_);
    world_.simulated.due = [this] { return random_() % 3 == 0; };
    world_.simulated.now = [this] { return time_; };
    world_.simulated.wait = [this](Signal&, std::chrono::milliseconds time) {
      time_ += time;
      return false;
    };
    const Pipeline& pipeline = *versions_.all[0];
    log_.create_topic("events", 1);
    layout_ = prepare_topics(*pipeline.graph, pipeline.config, world_, true);
  }

  /// Until at least `crashes` have happened and all rows are processed.
  void run(int crashes) {
    for (int life = 0; life < crashes || sent_ < rows_.size(); ++life) {
      live(random_() % 200);
      if (torn_) return;
      disturb();
    }
    finish();
  }

 private:
  Fault fault(const Call& call) {
    if (--calls_left_ < 0) throw Killed();
    if (call.kind != Call::Kind::commit || call.after) return Fault::none;
    switch (faults_ ? random_() % 24 : 99) {
      case 0:
        ++figures_.lost_answers;
        return Fault::answer_lost;
      case 1:
        ++figures_.lost_requests;
        return Fault::request_lost;
      case 2:
        // An epoch of which a part is not there, and the broker says it is: rare.
        if (random_() % 64 != 0 || !call.name.starts_with("weir.small.") ||
            call.name.ends_with("snapshots.0") || recovering_)
          return Fault::none;
        ++figures_.torn;
        if (!often_ && random_() % 2 == 0) {  // the epoch's record is the part that is there
          lost_outputs_ = true;
          return Fault::partial_rest;
        }
        torn_ = true;
        return Fault::partial;
      default:
        return Fault::none;
    }
  }

  void start(Process& process) {
    recovering_ = true;
    const Pipeline& pipeline = *versions_.all[process.version];
    process.shard = std::make_unique<RunningShard>(pipeline, layout_, world_, folder_);
    process.shard->recover();
    recovering_ = false;
    ++figures_.recoveries;
  }

  /// One process, and sometimes another one that takes over from it, until one of them dies.
  void live(std::uint64_t calls) {
    calls_left_ = static_cast<std::int64_t>(calls);
    Process first, second;
    first.version = second.version = version_;
    if (random_() % 40 == 0) {
      second.version = first.version = version_ = 1 - version_;
      ++figures_.changes;
    }
    try {
      start(first);
      const bool taken_over = random_() % 4 == 0;
      for (std::uint64_t turn = 0, after = random_() % 60; turn < 2000; ++turn) {
        if (random_() % 8 == 0) append();
        if (taken_over && turn == after) {
          start(second);
          ++figures_.takeovers;
        }
        Process& one = second.shard && random_() % 2 == 0 ? second : first;
        if (one.shard && !work(*one.shard)) one.shard.reset();
        if (!first.shard && !second.shard) return;
      }
      if (random_() % 2 == 0) {  // not every end is a crash
        Process& owner = second.shard ? second : first;
        if (owner.shard) (*owner.shard)->finish();
      }
      ++figures_.crashes;  // all memory is lost without a call to the log
    } catch (const Killed&) {
      ++figures_.crashes;
    } catch (const LogFailure& failure) {
      require(failure.kind == LogFailure::Kind::fenced, failure.what());
      ++figures_.fenced;
    } catch (const std::runtime_error& error) {
      require(torn_, error.what());
      // Whoever takes over in the same life finds the gap by the chain or by the number.
      require(std::string(error.what()).find("follow") != std::string::npos, error.what());
    }
    recovering_ = false;
    calls_left_ = std::numeric_limits<std::int64_t>::max();
    if (torn_) find_tear();
  }

  /// Lets a process work once; false when it stopped.
  bool work(RunningShard& shard) {
    if (!shard->work()) time_ += std::chrono::milliseconds(1 + random_() % 10);
    if (shard->stopped() == StopReason::none) return true;
    require(shard->stopped() == StopReason::fenced, shard->reason());
    ++figures_.fenced;
    return false;
  }

  void append() {
    const std::size_t more = std::min<std::size_t>(rows_.size() - sent_, random_() % 12);
    for (std::size_t i = 0; i < more; ++i) {
      const Row& row = rows_[sent_++];
      log_.append(row.source, row.partition, row.key, row.value, row.timestamp);
    }
  }

  /// What a disk may look like after a crash.
  void disturb() {
    const auto files = list_snapshots(folder_ / "shard-0");
    if (files.empty()) return;
    const auto size = fs::file_size(files[0]);
    switch (random_() % 12) {
      case 0: {
        std::fstream file(files[0], std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(static_cast<std::streamoff>(random_() % (size + 1)));
        file.put(static_cast<char>(random_()));
        break;
      }
      case 1:
        fs::resize_file(files[0], random_() % (size + 1));
        break;
      case 2:
        fs::remove_all(folder_);
        break;
      default:
        return;
    }
    ++figures_.damaged;
  }

  /// A torn epoch has lost its record, and its owner believed that it is done. If the owner wrote
  /// another one, the log has a gap, which every audit finds, and a recovery unless it has a
  /// snapshot from behind the gap. If the owner died before, the epoch is done again.
  void find_tear() {
    faults_ = false;
    const bool gap = has_gap();
    if (gap) ++figures_.gaps;
    const std::string audit = trouble_of([&] { verify(); });
    require(gap ? says(audit, "follow") : audit.empty() || says(audit, "no epoch yet"),
            audit.empty() ? "an audit does not find a gap" : audit);
    const std::vector<Row> more = random_rows(7, 30);
    const std::string trouble = trouble_of([&] {
      for (int life = 0; life < 2; ++life) {
        Process process;
        process.version = version_;
        start(process);
        for (const Row& row : more)
          log_.append(row.source, row.partition, row.key, row.value, row.timestamp);
        for (int turn = 0; turn < 400; ++turn)
          if (!work(*process.shard)) break;
        (*process.shard)->finish();
      }
    });
    recovering_ = false;
    // A snapshot of the torn epoch lies beyond the log's end if no epoch followed.
    require(trouble.empty() || says(trouble, gap ? "follow" : "has lost epochs"), trouble);
    if (trouble.empty() && !gap) verify();
  }

  static bool says(const std::string& text, std::string_view words) {
    return text.find(words) != std::string::npos;
  }

  /// What is wrong with something that is tried; empty: nothing.
  template <class Try>
  static std::string trouble_of(Try what) {
    try {
      what();
      return {};
    } catch (const Violation&) {
      throw;
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }

  /// A clean replay of what is recorded.
  void verify() { AuditedShard(*versions_.all[version_], layout_, world_).verify(); }

  /// Whether an epoch is missing between two others.
  bool has_gap() {
    const std::string topic = "weir.small.epochs";
    const auto reader = log_.reader(topic);
    const PartitionOffset from{0, log_.offsets(topic, 0).first};
    Signal signal;
    reader->start({&from, 1}, signal);
    std::vector<Record> records;
    reader->fetch(0, SIZE_MAX, records);
    std::optional<std::uint64_t> last;
    for (const Record& record : records) {
      const std::uint64_t epoch = EpochRecord::read(record.value, {}).epoch;
      if (last && epoch != *last + 1) return true;
      last = epoch;
    }
    return false;
  }

  /// The rest is processed without trouble; then everything is compared.
  void finish() {
    faults_ = false;
    Process process;
    process.version = version_;
    start(process);
    RunningShard& shard = *process.shard;
    while (sent_ < rows_.size()) append();
    const std::int64_t end = log_.offsets("events", 0).end;
    for (int turn = 0; log_.committed("events", 0).value_or(0) < end; ++turn) {
      require(turn < 100'000, "the rows are not processed");
      require(work(shard), "fenced without another owner");
    }
    shard->finish();
    require(shard->stopped() == StopReason::none, shard->reason());
    const Hashes live = shard.hashes();
    const Pipeline& pipeline = *versions_.all[version_];
    const std::uint64_t epochs = audit(pipeline, live);
    if (often_)
      check_scored();
    else if (!lost_outputs_)
      check_outputs(*pipeline.graph, live.output);
    figures_.epochs += epochs;
    figures_.rows += rows_.size();
    ++figures_.scenarios;
  }

  /// The shard's output hash, computed from what is in the topics.
  std::uint64_t topics_hash(const Graph& graph, std::size_t* scored = nullptr) {
    std::uint64_t hash = 0;
    for (const SinkNode& sink : graph.sinks) {
      std::uint64_t one = 0;
      const std::string topic = sink.config->spec->topic();
      const auto reader = log_.reader(topic);
      const PartitionOffset from{0, 0};
      Signal signal;
      reader->start({&from, 1}, signal);
      std::vector<Record> records;
      reader->fetch(0, SIZE_MAX, records);
      for (const Record& record : records)
        one = XXH3_64bits_withSeed(record.value.data(), record.value.size(),
                                   XXH3_64bits_withSeed(record.key.data(), record.key.size(), one));
      hash = XXH3_64bits_withSeed(&one, sizeof one, hash);
      if (scored != nullptr && topic == "all") *scored = records.size();
    }
    return hash;
  }

  /// An auditor finds the live bits again, and every output in its topic unless some were lost.
  std::uint64_t audit(const Pipeline& pipeline, const Hashes& live) {
    AuditedShard again(pipeline, layout_, world_);
    const std::uint64_t epochs = again.verify();
    require(again.hashes() == live, "a clean replay has another state or other outputs");
    AuditedShard outputs(pipeline, layout_, world_, {}, 0, true);
    std::string missing;
    try {
      outputs.verify();
    } catch (const LogFailure&) {
      throw;
    } catch (const std::runtime_error& error) {
      missing = error.what();
    }
    require(lost_outputs_ || missing.empty(), missing);
    const bool lost = !often_ && topics_hash(*pipeline.graph) != live.output;
    require(!lost || missing.find("are not there") != std::string::npos,
            "outputs are lost and verify does not say so");
    if (!missing.empty()) ++figures_.found_torn;
    return epochs;
  }

  /// What is in the topics is what the shard says that it has put out, and each event is there
  /// once.
  void check_outputs(const Graph& graph, std::uint64_t expected) {
    std::size_t scored = 0;
    const std::uint64_t hash = topics_hash(graph, &scored);
    require(hash == expected, "the topics hold other outputs than were computed");
    std::size_t events = 0;
    for (const Row& row : rows_)
      events += row.value.find("\"kind\":\"event\"") != std::string::npos;
    require(scored == events,
            "of " + std::to_string(events) + " events " + std::to_string(scored) + " are scored");
  }

  /// At least once: every event is scored, some more often.
  void check_scored() {
    std::set<std::string> events, scored;
    const auto id_of = [](std::string_view value) {
      const std::size_t at = value.find("\"id\":\"") + 6;
      return std::string(value.substr(at, value.find('"', at) - at));
    };
    for (const Row& row : rows_)
      if (row.value.find("\"kind\":\"event\"") != std::string::npos) events.insert(id_of(row.value));
    const auto reader = log_.reader("all");
    const PartitionOffset from{0, 0};
    Signal signal;
    reader->start({&from, 1}, signal);
    std::vector<Record> records;
    reader->fetch(0, SIZE_MAX, records);
    for (const Record& record : records) scored.insert(id_of(record.value));
    require(scored == events, "not every event is scored");
  }

  std::mt19937_64 random_;
  bool often_;  // delivery: at_least_once
  const Versions& versions_;
  fs::path folder_;
  Figures& figures_;
  std::vector<Row> rows_;
  std::size_t sent_ = 0, version_ = 0;
  std::int64_t calls_left_ = std::numeric_limits<std::int64_t>::max();
  bool faults_ = true, torn_ = false, lost_outputs_ = false, recovering_ = false;
  Clock::time_point time_{std::chrono::hours(1)};
  MemoryLog log_{{.max_record_bytes = 1'000'000,
                  .clock = [this] { return wall(); },
                  .hook = [this](const Call& call) { return fault(call); }}};
  std::int64_t wall() const {
    return 1'600'000'000'000 +
           std::chrono::duration_cast<std::chrono::milliseconds>(time_.time_since_epoch()).count();
  }
  World world_{log_,
               [this](const SourceConfig&) -> Log& { return log_; },
               [this] { return wall(); },
               [](const std::string& resolved) { return read_recorded(resolved, vocabulary()); },
               {}};
  Layout layout_;
};

struct Options {
  std::uint64_t seed = 1, crashes = 100'000, scenarios = 0;
  int each = 60;  // crashes of a scenario
  unsigned threads = 2;
};

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
    const Versions once("exactly_once"), often("at_least_once");
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
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  std::printf(
      "%llu crashes in %.1f s: %llu scenarios from seed %llu on, %llu recoveries, %llu takeovers, "
      "%llu stops as fenced, %llu lost requests, %llu lost answers, %llu torn epochs (%llu without "
      "their outputs, found; %llu with a gap, found), %llu damaged snapshots, %llu changes of the "
      "pipeline, %llu epochs, %llu rows; %d violations\n",
      static_cast<unsigned long long>(figures.crashes), seconds,
      static_cast<unsigned long long>(figures.scenarios),
      static_cast<unsigned long long>(options.seed),
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
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  weir::Options options;
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
  return weir::simulate(options);
}
