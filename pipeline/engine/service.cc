#include "pipeline/engine/service.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <stdexcept>

#include "pipeline/engine/epoch_log.h"

namespace weir {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kReportEvery{1};
// A question to a broker that is away may take ten seconds; seconds.
constexpr std::int64_t kLongestSilence = 30;
constexpr std::chrono::milliseconds kLongestWait{100};  // so that a stop is seen soon

std::int64_t seconds_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(Clock::now().time_since_epoch()).count();
}

void need_topic(Log& log, const std::string& topic, std::int32_t partitions, bool create,
                const std::map<std::string, std::string>& settings, std::string& wrong) {
  if (log.partitions(topic)) return;
  if (create)
    log.create_topic(topic, partitions, settings);
  else
    wrong += fmt::format("topic {} does not exist (engine.create_topics is off); ", topic);
}

}  // namespace

Layout prepare_topics(const Graph& graph, const Config& config, World& world, bool create) {
  Layout layout;
  layout.shards = static_cast<std::uint32_t>(config.engine.shards);
  std::string wrong;
  std::int32_t most = 1;
  for (const SourceNode& source : graph.sources) {
    const std::string topic = source.config->spec->topic();
    std::int32_t partitions = 1;
    if (!topic.empty()) {
      const auto there = world.source_log(*source.config).partitions(topic);
      if (!there) wrong += fmt::format("source {}: topic {} does not exist; ", source.name, topic);
      partitions = there.value_or(1);
    }
    if (partitions < static_cast<std::int32_t>(layout.shards))
      wrong += fmt::format("source {} has {} partitions, fewer than the {} shards; ", source.name,
                           partitions, layout.shards);
    if (layout.shards > 1 &&
        partitions !=
            (layout.source_partitions.empty() ? partitions : layout.source_partitions.front()))
      wrong += fmt::format(
          "source {} has {} partitions, source {} has {}: with shards they must "
          "be equal; ",
          source.name, partitions, graph.sources.front().name, layout.source_partitions.front());
    most = std::max(most, partitions);
    layout.source_partitions.push_back(partitions);
  }
  if (!wrong.empty())
    throw LogFailure(LogFailure::Kind::refused, wrong.substr(0, wrong.size() - 2));
  for (const SinkNode& sink : graph.sinks) layout.topics.push_back(sink.config->spec->topic());
  layout.topics.push_back(dead_letters_topic(graph.pipeline));
  for (const std::string& topic : layout.topics) {
    if (topic.empty())
      throw LogFailure(LogFailure::Kind::refused,
                       "a sink of type file works in `weir replay` only");
    need_topic(world.log, topic, most, create, {}, wrong);
  }
  const std::string epochs = epochs_topic(graph.pipeline);
  need_topic(world.log, epochs, static_cast<std::int32_t>(layout.shards), create,
             {{"retention.ms", "-1"}, {"cleanup.policy", "delete"}}, wrong);
  if (!wrong.empty())
    throw LogFailure(LogFailure::Kind::refused, wrong.substr(0, wrong.size() - 2));
  if (const auto there = world.log.partitions(epochs);
      there != static_cast<std::int32_t>(layout.shards))
    throw LogFailure(
        LogFailure::Kind::refused,
        fmt::format("topic {} has {} partitions, one a shard; engine.shards is {}. The "
                    "number of shards is pinned: set it back, or start under another "
                    "pipeline name",
                    epochs, there.value_or(0), layout.shards));
  for (const std::string& topic : layout.topics)
    layout.output_partitions.push_back(world.log.partitions(topic).value_or(1));
  layout.topics.push_back(epochs);
  return layout;
}

StateDir::StateDir(const Config& config) {
  fs::path base = config.engine.state_dir;
  if (base.empty()) {
    const char* given = std::getenv("STATE_DIRECTORY");
    const char* home = std::getenv("HOME");
    base = given != nullptr && *given != '\0'
               ? fs::path(given)
               : fs::path(home != nullptr ? home : ".") / ".local/state/weir";
  }
  path_ = base / config.pipeline.text;
  std::error_code error;
  fs::create_directories(path_, error);
  if (error)
    throw std::runtime_error(fmt::format("state_dir {}: {}", path_.string(), error.message()));
  ::chmod(path_.c_str(), 0700);
  const fs::path file = path_ / "lock";
  lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0 || ::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    if (lock_ >= 0) ::close(lock_);
    throw std::runtime_error(fmt::format(
        "state_dir {} is in use by another weir (or cannot be written); give this one its own with "
        "--set engine.state_dir=...",
        path_.string()));
  }
}

StateDir::~StateDir() { ::close(lock_); }

Service::Service(const Config& config, const Graph& graph, const Layout& layout, World& world,
                 fs::path state_dir, Owner owner, Tell tell)
    : config_(config),
      graph_(graph),
      layout_(layout),
      world_(world),
      state_dir_(std::move(state_dir)),
      owner_(std::move(owner)),
      tell_(std::move(tell)),
      resolved_(resolved_config(config)) {
  for (std::uint32_t shard = 0; shard < layout.shards; ++shard) {
    const auto& only = config.engine.run_shards;
    if (only.empty() || std::ranges::find(only, shard) != only.end()) shards_.push_back(shard);
  }
  running_ = shards_.size();
}

Service::~Service() {
  ask_to_stop();
  join();
}

void Service::start() {
  const std::size_t workers =
      std::max<std::size_t>(1, std::min(config_.engine.workers, shards_.size()));
  samples_.resize(workers);
  for (std::size_t i = 0; i < workers; ++i)
    beats_.push_back(std::make_unique<std::atomic<std::int64_t>>(seconds_now()));
  for (std::size_t i = 0; i < workers; ++i) threads_.emplace_back([this, i] { work(i); });
}

void Service::join() {
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

bool Service::alive() const {
  if (recovered_ < shards_.size() && !ended_) return true;  // recovery gives up by itself
  const std::int64_t now = seconds_now();
  return std::ranges::all_of(beats_,
                             [now](const auto& beat) { return now - *beat < kLongestSilence; });
}

Stopped Service::why() const {
  const std::lock_guard lock(mutex_);
  return why_;
}

std::string Service::reason() const {
  const std::lock_guard lock(mutex_);
  return reason_;
}

MetricSamples Service::samples() const {
  const std::lock_guard lock(mutex_);
  MetricSamples all;
  for (const MetricSamples& one : samples_) all.append(one);
  return all;
}

void Service::report_recovery(std::uint32_t shard, std::uint64_t epochs_left) {
  MetricSamples samples;
  samples.with({{"pipeline", graph_.pipeline}, {"shard", std::to_string(shard)}});
  samples(metric::recovery_epochs_left, static_cast<double>(epochs_left));
  const std::lock_guard lock(mutex_);
  samples_[shard % samples_.size()] = std::move(samples);
}

void Service::recover(Runner& runner, std::uint32_t shard, std::size_t worker) {
  auto last = Clock::now();
  bool told = false;
  runner.recover([&](const Runner::Progress& at) {
    *beats_[worker] = seconds_now();
    const auto now = Clock::now();
    if (told && now - last < std::chrono::seconds(2) && at.epoch != at.epochs) return;
    report_recovery(shard, at.epochs - at.epoch);
    if (at.epoch == at.epochs && at.rows == 0 && !told) {
      tell_({Line::Level::info,
             fmt::format("shard {}: goes on after epoch {}, nothing to replay", shard, at.epoch)});
    } else if (at.rows > 0) {
      const double rate = at.seconds > 0 ? static_cast<double>(at.rows) / at.seconds : 0;
      tell_(
          {Line::Level::info, fmt::format("shard {}: replayed {} rows up to epoch {} of {} ({:.0f} "
                                          "rows/s)",
                                          shard, at.rows, at.epoch, at.epochs, rate)});
    } else {
      tell_({Line::Level::info,
             fmt::format("shard {}: {} epochs to replay", shard, at.epochs - at.epoch)});
    }
    told = true;
    last = now;
  });
  for (const std::string& note : runner.notes())
    tell_({Line::Level::warning, fmt::format("shard {}: {}", shard, note)});
}

/// A shard whose input was lost to retention stops; the others go on.
void Service::lose(Runner& runner, const std::string& reason) {
  --running_;
  lost_ = true;
  tell_({Line::Level::error, reason + "; this shard has stopped, the others go on"});
  runner.finish();
  const std::lock_guard lock(mutex_);
  why_ = Stopped::lost_input;
  reason_ = reason;
}

void Service::work(std::size_t worker) {
  Signal signal;
  std::vector<std::pair<std::uint32_t, std::unique_ptr<Runner>>> runners;
  const auto fail = [this](Stopped why, const std::string& reason) {
    const std::lock_guard lock(mutex_);
    if (why_ == Stopped::no || why_ == Stopped::lost_input) {
      why_ = why;
      reason_ = reason;
    }
    stop_ = true;
  };
  try {
    for (std::size_t i = worker; i < shards_.size(); i += beats_.size()) {
      const std::uint32_t shard = shards_[i];
      Runner::Settings settings{shard, config_.engine, state_dir_, resolved_, owner_};
      std::unique_ptr<Runner> runner;
      {
        // A part of the graph may keep what all its instances share when the first one is made.
        const std::lock_guard lock(mutex_);
        runner = std::make_unique<Runner>(graph_, layout_, world_, std::move(settings), signal);
      }
      recover(*runner, shard, worker);
      ++recovered_;
      runners.emplace_back(shard, std::move(runner));
    }
    auto last_report = Clock::now() - kReportEvery;
    while (!stop_) {
      *beats_[worker] = seconds_now();
      bool busy = false;
      auto deadline = Clock::now() + kLongestWait;
      for (auto& [shard, runner] : runners) {
        busy = runner->work() || busy;
        deadline = std::min(deadline, runner->next_deadline());
        if (runner->stopped() == Stopped::no) continue;
        const std::string reason = fmt::format("shard {}: {}", shard, runner->reason());
        if (runner->stopped() == Stopped::lost_input && running_ > 1) {
          lose(*runner, reason);
          runner.reset();
        } else {
          fail(runner->stopped(), reason);
        }
      }
      std::erase_if(runners, [](const auto& one) { return one.second == nullptr; });
      const auto now = Clock::now();
      if (now - last_report >= kReportEvery) {
        last_report = now;
        MetricSamples samples;
        for (auto& [shard, runner] : runners) {
          runner->report(samples);
          if (const std::string error = runner->new_snapshot_error(); !error.empty())
            tell_({Line::Level::error,
                   fmt::format("shard {}: no snapshot written, the log replays instead: {}", shard,
                               error)});
        }
        const std::lock_guard lock(mutex_);
        samples_[worker] = std::move(samples);
      }
      if (!busy && deadline > now)
        signal.wait_for(std::chrono::duration_cast<std::chrono::milliseconds>(deadline - now) +
                        std::chrono::milliseconds(1));
    }
    for (auto& [shard, runner] : runners) {
      runner->finish();
      if (runner->stopped() != Stopped::no) {
        fail(runner->stopped(), fmt::format("shard {}: {}", shard, runner->reason()));
        continue;
      }
      const End end{shard, runner->epoch(), runner->state_hash(), runner->output_hash()};
      MetricSamples samples;
      runner->report(samples);
      const std::lock_guard lock(mutex_);
      samples_[worker] = std::move(samples);
      ends_.push_back(end);
    }
  } catch (const LogFailure& failure) {
    fail(failure.kind == LogFailure::Kind::unreachable ? Stopped::unreachable
         : failure.kind == LogFailure::Kind::fenced    ? Stopped::fenced
         : failure.kind == LogFailure::Kind::lost      ? Stopped::lost_input
                                                       : Stopped::failed,
         failure.what());
  } catch (const std::exception& error) {
    fail(Stopped::failed, error.what());
  }
  ended_ = true;
  ++ends_count_;
}

}  // namespace weir
