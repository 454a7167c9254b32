#include "pipeline/service/worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pipeline/core/topic_names.h"

namespace weir {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

// A question to a broker that is away may take ten seconds.
constexpr std::int64_t kLongestSilence = 30;  // seconds
constexpr seconds kReportEvery{1};
constexpr milliseconds kLongestWait{100};  // so that a stop is seen soon
constexpr milliseconds kPollEvery{100};    // the group, while a shard recovers

std::int64_t seconds_now() {
  return std::chrono::duration_cast<seconds>(Clock::now().time_since_epoch()).count();
}

/// Without a group two programs that run the same shard can only be a mistake.
FencingPolicy::Limits limits(const Worker::Settings& settings) {
  return settings.join ? FencingPolicy::Limits{} : FencingPolicy::Limits{.most = 1};
}

std::string fenced_for_good(const Worker::Settings& settings, const FencingPolicy::Limits& limits,
                            const std::string& text) {
  if (!settings.join)
    return text +
           ". Another weir runs this pipeline's shard under the same name: stop one of them (or "
           "use `membership: group`)";
  return fmt::format(
      "{}. It was taken {} times within {} s: another program runs this pipeline outside its group "
      "{}; stop one of them",
      text, limits.most, limits.within.count(), consumer_group(settings.pipeline));
}

}  // namespace

Worker::Worker(Settings settings, ShardSource& source, WorkerEvents& events, std::stop_token stop)
    : settings_(std::move(settings)),
      source_(source),
      events_(events),
      stop_(std::move(stop)),
      fencings_(limits(settings_)),
      shards_(events, board_),
      beat_(seconds_now()) {}

bool Worker::alive() const { return recovering_ || seconds_now() - beat_ < kLongestSilence; }

void Worker::beat() { beat_ = seconds_now(); }

void Worker::run() {
  std::vector<ShardEnd> ends;
  try {
    begin();
    loop();
    finish(ends);
  } catch (const LogFailure& failure) {
    if (failure.kind == LogFailure::Kind::fenced)  // by the group, not as a writer
      events_.fail(StopReason::fenced,
                   fmt::format("{}. Two processes have the same engine.instance: give each its own",
                               failure.what()));
    else
      events_.fail(stop_reason(failure.kind), failure.what());
  } catch (const std::exception& error) {
    events_.fail(StopReason::failed, error.what());
  }
  shards_.clear();
  if (lease_) lease_->remove();
  events_.ended(ends);
}

void Worker::begin() {
  if (!settings_.join) {
    wanted_ = settings_.fixed;
    return;
  }
  membership_ = settings_.join(signal_);
  lease_.emplace(settings_.lease);
  early_ = lease_->left_by_crash(settings_.shards);
}

void Worker::loop() {
  while (!stop_.stop_requested()) {
    beat();
    if (membership_) follow_group();
    take_wanted(Clock::now());
    report(Clock::now());  // first the figures, then ready: whoever waits for it reads them at once
    const bool member = !membership_ || membership_->joined() || !early_.empty();
    ready_ = member && all_run();
    if (member) recovering_ = false;
    if (lease_ && !lease_->holds_any() && !shards_.empty()) lease_->keep(shards_.running());
    const ShardSet::Turn turn = shards_.turn(Clock::now() + kLongestWait);
    for (const ShardSet::Stop& one : turn.stopped) stopped(one);
    const auto now = Clock::now();
    if (!turn.busy && turn.deadline > now && !stop_.stop_requested())
      signal_.wait_for(std::chrono::duration_cast<milliseconds>(turn.deadline - now) +
                       milliseconds(1));
  }
}

void Worker::finish(std::vector<ShardEnd>& ends) {
  for (const ShardSet::Stop& one : shards_.finish(ends))
    events_.fail(one.why, fmt::format("shard {}: {}", one.shard, one.reason));
  if (lease_) lease_->remove();
  membership_.reset();  // only now may others have the shards
}

bool Worker::all_run() const {
  return std::ranges::all_of(wanted_, [this](auto shard) { return shards_.runs(shard); });
}

bool Worker::wants(std::uint32_t shard) const {
  return std::ranges::find(wanted_, shard) != wanted_.end();
}

/// Learns which shards are ours now. Those that others are to have are committed before they begin.
void Worker::follow_group() {
  const auto ours = membership_->poll([this](std::span<const std::int32_t> shards, bool lost) {
    ready_ = false;
    shards_.park(shards, lost);
    wanted_.clear();
  });
  const bool joined = membership_->joined();
  if (joined) early_.clear();
  wanted_.assign(ours.begin(), ours.end());
  if (!joined) wanted_ = early_;
  shards_.drop_others(wanted_);  // those that were run early
  if (joined) shards_.drop_parked_others(wanted_);
}

void Worker::take_wanted(Clock::time_point now) {
  for (const std::uint32_t shard : std::vector(wanted_)) {  // they may change while one recovers
    if (shards_.runs(shard) || !wants(shard) || stop_.stop_requested()) continue;
    const auto wait = not_before_.find(shard);
    if (wait == not_before_.end() || now >= wait->second) take(shard);
  }
}

void Worker::take(std::uint32_t shard) {
  if (shards_.resume(shard)) return;
  std::unique_ptr<LiveShard> live = recover(shard);
  if (!live) return board_.erase(shard);
  tell(shard, live->take_notices());
  if (wants(shard))
    shards_.take(shard, std::move(live));
  else  // while the group shares out, whose it will be is not known
    shards_.take_parked(shard, std::move(live));
  reported_ = {};  // what recovery showed is out of date
}

/// Null: given up, or it cannot be had for now.
std::unique_ptr<LiveShard> Worker::recover(std::uint32_t shard) {
  recovering_ = true;
  std::optional<LogFailure> of_group;
  RecoveryTeller teller;
  auto polled = Clock::now();
  std::unique_ptr<LiveShard> live;
  try {
    live = source_.recover(
        shard, signal_, [&](const ReplayProgress& at, const std::vector<Notice>& notices) {
          beat();
          tell(shard, notices);
          tell_progress(shard, at, teller);
          try {
            return watch(shard, polled);
          } catch (const LogFailure& failure) {  // of the membership, not of the shard
            of_group = failure;
            return WhatNext::give_up;
          }
        });
  } catch (const LogFailure& failure) {
    if (failure.kind != LogFailure::Kind::fenced && failure.kind != LogFailure::Kind::lost) throw;
    stopped({shard, stop_reason(failure.kind), failure.what()});
  }
  if (of_group) throw *of_group;
  recovering_ = false;
  return live;
}

/// Whether a shard that recovers is still wanted. While the group shares out it may come back.
WhatNext Worker::watch(std::uint32_t shard, Clock::time_point& polled) {
  if (stop_.stop_requested()) return WhatNext::give_up;
  if (!membership_ || Clock::now() - polled < kPollEvery) return WhatNext::proceed;
  polled = Clock::now();
  follow_group();
  return membership_->joined() && !wants(shard) ? WhatNext::give_up : WhatNext::proceed;
}

void Worker::stopped(const ShardSet::Stop& one) {
  const std::string text = fmt::format("shard {}: {}", one.shard, one.reason);
  if (one.why == StopReason::fenced) {
    fenced(one.shard, text);
  } else if (one.why == StopReason::lost_input) {
    events_.lose(text);
    not_before_[one.shard] = Clock::time_point::max();  // recovered it would stop again
  } else {
    events_.fail(one.why, text);
  }
}

/// Another owner has taken a shard.
void Worker::fenced(std::uint32_t shard, const std::string& text) {
  const auto retry_at = fencings_.judge(shard, Clock::now());
  if (!retry_at)
    return events_.fail(StopReason::fenced, fenced_for_good(settings_, fencings_.limits(), text));
  events_.tell({Notice::Level::warning, text + "; releasing the shard"});
  std::erase(early_, shard);
  not_before_[shard] = *retry_at;
}

void Worker::tell(std::uint32_t shard, const std::vector<Notice>& notices) {
  for (const Notice& one : notices)
    events_.tell({one.level, fmt::format("shard {}: {}", shard, one.text)});
}

/// Until a shard has recovered, the epochs left are its only figure; the others keep their last.
void Worker::tell_progress(std::uint32_t shard, const ReplayProgress& at, RecoveryTeller& teller) {
  const std::optional<std::string> text = teller.next(at, Clock::now());
  if (!text) return;
  MetricSamples samples;
  samples.with({{"pipeline", settings_.pipeline}, {"shard", std::to_string(shard)}});
  samples(metric::recovery_epochs_left, static_cast<double>(at.epochs - at.epoch));
  board_.set(shard, std::move(samples));
  tell(shard, {{Notice::Level::info, *text}});
}

void Worker::report(Clock::time_point now) {
  if (now - reported_ < kReportEvery) return;
  reported_ = now;
  if (lease_) lease_->keep(shards_.running());
  shards_.report();
}

}  // namespace weir
