#include "pipeline/service/service_worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "pipeline/epochs/epoch_log.h"
#include "pipeline/epochs/topic_names.h"

namespace weir {
namespace {

constexpr std::chrono::seconds kReportEvery{1};
// A lease outlives the death of its owner by its session's time-out, six seconds at least.
constexpr std::chrono::seconds kLeaseOutlives{5};
constexpr std::chrono::milliseconds kLongestWait{100};  // so that a stop is seen soon

// A shard that another owner took is not taken back before the group has had time to say whose it
// is; so often within the time means that two programs believe to be the same one.
constexpr std::chrono::seconds kAfterFencing{3};
constexpr std::size_t kMostFencings = 3;
constexpr std::chrono::seconds kFencingsWithin{60};

}  // namespace

std::int64_t Service::Worker::seconds_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(Clock::now().time_since_epoch()).count();
}

Service::Worker::Worker(Service& service, std::size_t index, std::size_t count)
    : service_(service), index_(index), count_(count), beat_(seconds_now()) {}

MetricSamples Service::Worker::samples() const {
  const std::lock_guard lock(mutex_);
  MetricSamples all;
  for (const auto& [shard, samples] : samples_) all.append(samples);
  return all;
}

bool Service::Worker::wanted(std::uint32_t shard) const {
  return std::ranges::find(wanted_, shard) != wanted_.end();
}

bool Service::Worker::all_run() const {
  return std::ranges::all_of(wanted_,
                             [this](std::uint32_t shard) { return runners_.contains(shard); });
}

/// Gives up shards: what they have open is committed, they stay in memory until someone else is
/// known to have them.
void Service::Worker::release(std::span<const std::int32_t> partitions, bool lost) {
  ready_ = false;
  for (const std::int32_t partition : partitions) {
    const auto shard = static_cast<std::uint32_t>(partition);
    const auto at = runners_.find(shard);
    if (at == runners_.end()) continue;
    at->second->park(lost);
    parked_[shard] = std::move(at->second);
    runners_.erase(at);
    forget_figures(shard);
  }
  wanted_.clear();
}

std::filesystem::path Service::Worker::lease_file() const {
  return service_.state_dir_ / fmt::format("lease-{}", index_);
}

/// What a process that died here held, if that was a moment ago.
void Service::Worker::read_lease() {
  std::error_code missing;
  const auto written = std::filesystem::last_write_time(lease_file(), missing);
  if (missing || std::filesystem::file_time_type::clock::now() - written > kLeaseOutlives) return;
  std::ifstream in(lease_file());
  for (std::uint32_t shard = 0; in >> shard;)
    if (shard < service_.layout_.shards) early_.push_back(shard);
}

/// Notes which shards are ours and that we live.
void Service::Worker::keep_lease() {
  std::string lease;
  for (const auto& [shard, runner] : runners_) lease += fmt::format("{}\n", shard);
  std::error_code ignored;
  if (lease == lease_ && !lease.empty())
    return std::filesystem::last_write_time(lease_file(),
                                            std::filesystem::file_time_type::clock::now(), ignored);
  lease_ = lease;
  if (lease.empty()) {
    std::filesystem::remove(lease_file(), ignored);
  } else {
    std::ofstream out(lease_file(), std::ios::trunc);
    out << lease;
  }
}

void Service::Worker::follow_group() {
  const auto ours = membership_->poll(
      [this](std::span<const std::int32_t> partitions, bool lost) { release(partitions, lost); });
  if (membership_->joined()) early_.clear();
  wanted_.assign(ours.begin(), ours.end());
  if (!membership_->joined()) wanted_ = early_;
  for (auto at = runners_.begin(); at != runners_.end();) {  // those that were run early
    if (wanted(at->first)) {
      ++at;
      continue;
    }
    at->second->park(false);
    forget_figures(at->first);
    at = runners_.erase(at);
  }
  if (!membership_->joined()) return;  // what is being recovered may come back: it goes on
  if (in_recovery_ && !wanted(*in_recovery_)) throw Revoked();
  for (auto& [shard, runner] : parked_) {
    if (wanted(shard)) continue;
    service_.tell_({Line::Level::info,
                    fmt::format("shard {}: given up after epoch {}", shard, runner->epoch())});
    runner.reset();
  }
  std::erase_if(parked_, [](const auto& one) { return one.second == nullptr; });
}

void Service::Worker::tell_progress(std::uint32_t shard, const ReplayProgress& at) {
  const auto now = Clock::now();
  if (told_any_ && now - told_ < std::chrono::seconds(2) && at.epoch != at.epochs) return;
  report_recovery(shard, at.epochs - at.epoch);
  std::string text;
  if (at.epoch == at.epochs && at.rows == 0 && !told_any_) {
    text = fmt::format("goes on after epoch {}, nothing to replay", at.epoch);
  } else if (at.rows > 0) {
    const double rate = at.seconds > 0 ? static_cast<double>(at.rows) / at.seconds : 0;
    const double share = static_cast<double>(at.replayed) /
                         static_cast<double>(std::max<std::int64_t>(1, at.to_replay));
    text = fmt::format("replayed {} rows up to epoch {} of {} ({:.0f} rows/s", at.rows, at.epoch,
                       at.epochs, rate);
    if (at.epoch < at.epochs && share > 0)
      text += fmt::format(", {:.0f} s left", at.seconds / share - at.seconds);
    text += ")";
  } else {
    text = fmt::format("{} epochs to replay", at.epochs - at.epoch);
  }
  service_.tell_({Line::Level::info, fmt::format("shard {}: {}", shard, text)});
  told_any_ = true;
  told_ = now;
}

void Service::Worker::tell(std::uint32_t shard, const std::vector<Notice>& notices) {
  for (const Notice& one : notices)
    service_.tell_({one.level, fmt::format("shard {}: {}", shard, one.text)});
}

std::unique_ptr<Runner> Service::Worker::recover(std::uint32_t shard) {
  RunnerSettings settings{.shard = shard,
                          .engine = service_.config_.engine,
                          .state_dir = service_.state_dir_,
                          .resolved = service_.resolved_,
                          .owner = service_.owner_,
                          .accept_new_logic = service_.changes_.accept_new_logic,
                          .reset = service_.changes_.reset,
                          .crashed = service_.changes_.crashed};
  Recovery recovery(service_.graph_, service_.layout_, service_.world_, std::move(settings),
                    signal_, service_.turns_);
  told_any_ = false;
  in_recovery_ = shard;
  recovering_ = true;
  auto polled = Clock::now();
  auto runner = recovery.run([&](const ReplayProgress& at) {
    beat_ = seconds_now();
    tell(shard, recovery.take_notices());
    tell_progress(shard, at);
    if (service_.stop_) throw Revoked();
    if (!membership_ || Clock::now() - polled < std::chrono::milliseconds(100))
      return WhatNext::proceed;
    polled = Clock::now();
    try {
      follow_group();
    } catch (const LogFailure& failure) {
      throw GroupFailure{failure};
    }
    return WhatNext::proceed;
  });
  tell(shard, runner->take_notices());
  in_recovery_.reset();
  recovering_ = false;
  return runner;
}

/// Begins to run a shard: goes on with the parked one if nobody else has had it, else recovers.
void Service::Worker::take(std::uint32_t shard) {
  if (const auto at = parked_.find(shard); at != parked_.end()) {
    std::unique_ptr<Runner> runner = std::move(at->second);
    parked_.erase(at);
    if (runner->resume()) {
      runners_[shard] = std::move(runner);
      return;
    }
  }
  try {
    std::unique_ptr<Runner> runner = recover(shard);
    MetricSamples samples;
    runner->report(samples);
    report_one(shard, std::move(samples));  // while the next recovers
    if (wanted(shard)) {
      runners_[shard] = std::move(runner);
    } else {  // while the group shares out, whose it will be is not known
      runner->write_out();
      parked_[shard] = std::move(runner);
      forget_figures(shard);
    }
    without_snapshots_.erase(shard);
    last_report_ = {};  // what recovery showed is out of date
  } catch (const Revoked&) {
    forget_figures(shard);
  } catch (const GroupFailure& failure) {
    throw failure.why;
  } catch (const LogFailure& failure) {
    if (failure.kind == LogFailure::Kind::fenced)
      fenced(shard, failure.what());
    else if (failure.kind == LogFailure::Kind::lost)
      lost(shard, failure.what());
    else
      throw;
  }
  in_recovery_.reset();
  recovering_ = false;
}

/// Another owner has taken a shard. In a group that may be right: the group says whose it is.
void Service::Worker::fenced(std::uint32_t shard, const std::string& reason) {
  const auto now = Clock::now();
  const std::string text = fmt::format("shard {}: {}", shard, reason);
  // Of this shard alone: who was paused finds all of its shards taken at once.
  std::deque<Clock::time_point>& times = fencings_[shard];
  times.push_back(now);
  while (now - times.front() > kFencingsWithin) times.pop_front();
  if (!membership_)
    return service_.fail(StopReason::fenced,
                         text +
                             ". Another weir runs this pipeline's shard under the same name: "
                             "stop one of them (or use `membership: group`)");
  if (times.size() >= kMostFencings)
    return service_.fail(
        StopReason::fenced,
        fmt::format("{}. That was the {}rd time within {} s: another program runs this pipeline "
                    "outside of its group {}; stop one of them",
                    text, kMostFencings, kFencingsWithin.count(),
                    consumer_group(service_.graph_.pipeline)));
  service_.tell_({Line::Level::warning, text + "; the shard is let go"});
  std::erase(early_, shard);
  not_before_[shard] = now + kAfterFencing;
}

/// Its input was deleted: taken up again it would stop again.
void Service::Worker::lost(std::uint32_t shard, const std::string& reason) {
  service_.lose(fmt::format("shard {}: {}", shard, reason));
  not_before_[shard] = Clock::time_point::max();
}

void Service::Worker::stopped(std::uint32_t shard, std::unique_ptr<Runner>& runner) {
  if (runner->stopped() == StopReason::fenced) {
    fenced(shard, runner->reason());
    runner.reset();
  } else if (runner->stopped() == StopReason::lost_input) {
    runner->finish();
    lost(shard, runner->reason());
    runner.reset();
  } else {
    service_.fail(runner->stopped(), fmt::format("shard {}: {}", shard, runner->reason()));
  }
}

/// Lets every shard work once. Returns whether any had something to do.
bool Service::Worker::turn(Clock::time_point& deadline) {
  bool busy = false;
  for (auto& [shard, runner] : runners_) {
    busy = runner->work() || busy;
    deadline = std::min(deadline, runner->next_deadline());
    tell(shard, runner->take_notices());
    if (runner->stopped() != StopReason::none) stopped(shard, runner);
  }
  std::erase_if(runners_, [](const auto& one) { return one.second == nullptr; });
  return busy;
}

/// Tells once when a shard's snapshots begin to fail, and once when one is written again.
void Service::Worker::watch_snapshots(std::uint32_t shard, const Runner& runner) {
  const std::string error = runner.snapshot_error();
  if (error.empty()) {
    if (without_snapshots_.erase(shard) > 0)
      service_.tell_(
          {Line::Level::info, fmt::format("shard {}: snapshots are written again", shard)});
  } else if (without_snapshots_.insert(shard).second) {
    service_.tell_({Line::Level::error,
                    fmt::format("shard {}: no snapshot written, the log replays instead: {}", shard,
                                error)});
  }
}

void Service::Worker::report(Clock::time_point now) {
  if (now - last_report_ < kReportEvery) return;
  last_report_ = now;
  if (membership_) keep_lease();
  std::map<std::uint32_t, MetricSamples> samples;
  for (auto& [shard, runner] : runners_) {
    runner->report(samples[shard]);
    watch_snapshots(shard, *runner);
  }
  const std::lock_guard lock(mutex_);
  samples_ = std::move(samples);  // those of shards that have left are left out
}

void Service::Worker::report_one(std::uint32_t shard, MetricSamples samples) {
  const std::lock_guard lock(mutex_);
  samples_[shard] = std::move(samples);
}

/// Who has it next reports it.
void Service::Worker::forget_figures(std::uint32_t shard) {
  const std::lock_guard lock(mutex_);
  samples_.erase(shard);
}

/// Until a shard has recovered this is its only figure; the others keep their last ones.
void Service::Worker::report_recovery(std::uint32_t shard, std::uint64_t epochs_left) {
  MetricSamples samples;
  samples.with({{"pipeline", service_.graph_.pipeline}, {"shard", std::to_string(shard)}});
  samples(metric::recovery_epochs_left, static_cast<double>(epochs_left));
  report_one(shard, std::move(samples));
}

void Service::Worker::loop() {
  while (!service_.stop_) {
    beat_ = seconds_now();
    if (membership_) follow_group();
    const auto now = Clock::now();
    for (const std::uint32_t shard : std::vector(wanted_)) {
      if (runners_.contains(shard) || !wanted(shard) || service_.stop_) continue;
      const auto wait = not_before_.find(shard);
      if (wait == not_before_.end() || now >= wait->second) take(shard);
    }
    report(Clock::now());  // first the figures, then ready: who waits for it reads them at once
    const bool member = !membership_ || membership_->joined() || !early_.empty();
    ready_ = member && all_run();
    if (member) recovering_ = false;
    if (membership_ && lease_.empty() && !runners_.empty()) keep_lease();
    auto deadline = Clock::now() + kLongestWait;
    const bool busy = turn(deadline);
    if (const auto time = Clock::now(); !busy && deadline > time && !service_.stop_)
      signal_.wait_for(std::chrono::duration_cast<std::chrono::milliseconds>(deadline - time) +
                       std::chrono::milliseconds(1));
  }
}

void Service::Worker::finish() {
  for (auto& [shard, runner] : parked_)  // nobody has them yet
    if (runner->resume()) runners_[shard] = std::move(runner);
  parked_.clear();
  for (auto& [shard, runner] : runners_) {
    runner->finish();
    if (runner->stopped() != StopReason::none) {
      service_.fail(runner->stopped(), fmt::format("shard {}: {}", shard, runner->reason()));
      continue;
    }
    const End end{shard, runner->epoch(), runner->state_hash(), runner->output_hash()};
    MetricSamples samples;
    runner->report(samples);
    report_one(shard, std::move(samples));
    const std::lock_guard lock(service_.mutex_);
    service_.ends_.push_back(end);
  }
  runners_.clear();
  if (membership_) keep_lease();
  membership_.reset();  // only now may others have the shards
}

void Service::Worker::work() {
  try {
    const EngineConfig& engine = service_.config_.engine;
    if (engine.membership == Sharing::group) {
      const std::string instance =
          engine.instance.empty() ? "" : fmt::format("{}-{}", engine.instance, index_);
      membership_ =
          service_.world_.log.join(consumer_group(service_.graph_.pipeline),
                                   epochs_topic(service_.graph_.pipeline), instance, signal_);
      read_lease();
    } else {
      for (std::size_t i = index_; i < service_.shards_.size(); i += count_)
        wanted_.push_back(service_.shards_[i]);
    }
    last_report_ = Clock::now() - kReportEvery;
    loop();
    finish();
  } catch (const LogFailure& failure) {
    if (failure.kind == LogFailure::Kind::fenced)  // by the group, not as a writer
      service_.fail(StopReason::fenced,
                    fmt::format("{}. Two programs have the same engine.instance: give each its own",
                                failure.what()));
    else
      service_.fail(failure);
  } catch (const std::exception& error) {
    service_.fail(StopReason::failed, error.what());
  }
  runners_.clear();
  parked_.clear();
  if (membership_ || !lease_.empty()) keep_lease();
  service_.ended_ = true;
  ++service_.ends_count_;
}

}  // namespace weir
