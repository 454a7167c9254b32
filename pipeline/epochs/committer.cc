#include "pipeline/epochs/committer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "pipeline/core/check.h"
#include "pipeline/epochs/epoch_log.h"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kFirstBackOff{50};
constexpr std::chrono::milliseconds kLongestBackOff{2000};

}  // namespace

Committer::Committer(Log& log, Settings settings, Signal& signal)
    : log_(log),
      settings_(std::move(settings)),
      signal_(signal),
      writer_(log.writer(settings_.identity, settings_.topics, settings_.delivery)),
      max_record_bytes_(writer_->max_record_bytes()) {
  if (!settings_.simulated.wait) thread_ = std::thread([this] { run(); });
}

Committer::~Committer() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Clock::time_point Committer::now() const {
  return settings_.simulated.now ? settings_.simulated.now() : Clock::now();
}

void Committer::submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    check(state_ == State::idle, "one epoch is committed at a time");
    job_ = std::move(job);
    state_ = State::busy;
  }
  changed_.notify_all();
}

Committer::State Committer::state() {
  std::unique_lock lock(mutex_);
  const auto& due = settings_.simulated.due;
  if (!thread_.joinable() && job_ && (!due || due())) work(lock);
  return state_;
}

Committer::State Committer::wait() {
  std::unique_lock lock(mutex_);
  if (!thread_.joinable() && job_) work(lock);
  changed_.wait(lock, [this] { return state_ != State::busy; });
  return state_;
}

std::string Committer::reason() const {
  const std::lock_guard lock(mutex_);
  return reason_;
}

bool Committer::unreachable() const {
  const std::lock_guard lock(mutex_);
  return unreachable_;
}

Committer::Figures Committer::figures() const {
  const std::lock_guard lock(mutex_);
  return figures_;
}

void Committer::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stop_ || job_; });
    if (!job_) return;
    work(lock);
  }
}

/// Does the job that was submitted.
void Committer::work(std::unique_lock<std::mutex>& lock) {
  const Job job = std::move(*job_);
  job_.reset();
  lock.unlock();
  begun_ = now();
  try {
    commit(job);
  } catch (const std::exception& error) {
    end(State::failed, error.what(), false);
  }
  signal_.notify();
  lock.lock();
}

void Committer::end(State state, std::string reason, bool unreachable) {
  {
    const std::lock_guard lock(mutex_);
    if (state == State::idle) {
      ++figures_.committed;
      figures_.seconds.observe(std::chrono::duration<double>(now() - begun_).count());
    }
    state_ = state;
    reason_ = std::move(reason);
    unreachable_ = unreachable;
  }
  changed_.notify_all();
}

bool Committer::retry(const std::function<void()>& call, Clock::time_point deadline) {
  for (auto pause = kFirstBackOff;; pause = std::min(2 * pause, kLongestBackOff)) {
    try {
      call();
      return true;
    } catch (const LogFailure& failure) {
      if (failure.kind == LogFailure::Kind::fenced) {
        end(State::fenced, failure.what(), false);
        return false;
      }
      if (failure.kind != LogFailure::Kind::unreachable || now() > deadline) {
        end(State::failed, failure.what(), failure.kind == LogFailure::Kind::unreachable);
        return false;
      }
    }
    if (!rest(pause)) return false;
  }
}

bool Committer::rest(std::chrono::milliseconds pause) {
  if (settings_.simulated.wait) {
    settings_.simulated.wait(signal_, pause);
    return true;
  }
  {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, pause, [this] { return stop_; })) return true;
  }
  end(State::failed, "stopped while the log could not be reached", true);
  return false;
}

Committer::Found Committer::find_in_log(const Job& job) {
  const std::vector<EpochRecord> epochs =
      read_epochs(log_, settings_.pipeline, settings_.shard, job.log_position,
                  std::numeric_limits<std::size_t>::max(), settings_.simulated.wait);
  if (epochs.empty() || epochs.back().epoch + 1 == job.epoch) return Found::not_there;
  if (epochs.back().epoch == job.epoch && epochs.back().chain == job.chain) return Found::there;
  return Found::other;
}

void Committer::commit(const Job& job) {
  const auto deadline = now() + settings_.patience;
  for (auto pause = kFirstBackOff;; pause = std::min(2 * pause, kLongestBackOff)) {
    Commit outcome = Commit::unknown;
    std::string reason;
    try {
      outcome = writer_->commit(*job.outbox, job.offsets, reason);
    } catch (const LogFailure& failure) {
      reason = failure.what();
      if (failure.kind == LogFailure::Kind::fenced)
        outcome = Commit::fenced;
      else if (failure.kind != LogFailure::Kind::unreachable)
        return end(State::failed, reason, false);
    }
    if (outcome == Commit::done) return end(State::idle, {}, false);
    if (outcome == Commit::fenced)
      return end(State::fenced, reason.empty() ? "another owner has taken over" : reason, false);
    // A new owner at work must not be fenced back. Otherwise a new writer ends the old transaction:
    // only then is the log's answer final.
    Found found = Found::not_there;
    writer_.reset();
    const bool answered = retry(
        [&] {
          found = find_in_log(job);
          if (found == Found::other) return;
          writer_ = log_.writer(settings_.identity, settings_.topics, settings_.delivery);
          found = find_in_log(job);
        },
        deadline);
    if (!answered) return;
    if (found == Found::there) return end(State::idle, {}, false);
    if (found == Found::other)
      return end(State::fenced, fmt::format("epoch {} is another owner's", job.epoch), false);
    if (now() > deadline)
      return end(State::failed, fmt::format("epoch {} was not accepted: {}", job.epoch, reason),
                 true);
    {
      const std::lock_guard lock(mutex_);
      ++figures_.resent;
    }
    // The first retry is immediate: usually just one answer was lost.
    if (pause > kFirstBackOff && !rest(pause)) return;
  }
}

}  // namespace weir
