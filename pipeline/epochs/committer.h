#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/core/log/log.h"
#include "pipeline/core/metrics.h"
#include "pipeline/epochs/epoch_log.h"

namespace weir {

/// Commits one epoch at a time on a thread of its own, while the shard works on the next. An epoch
/// whose fate is unknown is looked for in the log; if it is not there the same bytes are sent
/// again. With `at_least_once` the outputs may then be there twice, but not the epoch's record: it
/// is written in a transaction too.
class Committer {
 public:
  struct Job {
    const Outbox* outbox = nullptr;  // stays as it is until the job is done
    std::vector<CommittedOffset> offsets;
    std::uint64_t epoch = 0;
    std::uint64_t chain = 0;
    std::int64_t log_position = 0;  // at or before its record in the epochs partition
  };
  enum class State : std::uint8_t { idle, busy, fenced, failed };

  /// In place of a thread and of time: a job is done within `state` (once `due` says so) or `wait`,
  /// by the caller's thread, and pauses are handed to `rest`.
  struct Simulated {
    std::function<bool()> due;
    Wait wait;
    std::function<std::chrono::steady_clock::time_point()> now;
  };
  struct Settings {
    std::string pipeline;
    std::uint32_t shard = 0;
    std::string identity;
    std::vector<std::string> topics;
    Delivery delivery = Delivery::exactly_once;
    std::chrono::seconds patience{300};  // an epoch not taken for this long: failed
    Simulated simulated = {};
  };

  /// Fences older owners. Throws LogFailure. `signal` is notified when a job ends.
  Committer(Log& log, Settings settings, Signal& signal);
  ~Committer();  // waits for the job in flight

  /// Largest key, value and headers of one record.
  std::size_t max_record_bytes() const { return max_record_bytes_; }

  void submit(Job job);
  State state();
  /// Waits until the job in flight has ended one way or the other.
  State wait();
  /// Why it is fenced or failed, and whether the log could not be reached.
  std::string reason() const;
  bool unreachable() const;

  struct Figures {
    std::uint64_t committed = 0, resent = 0;
    Histogram seconds = Histogram::seconds();
  };
  Figures figures() const;

 private:
  void run();
  void work(std::unique_lock<std::mutex>& lock);
  void commit(const Job& job);
  std::chrono::steady_clock::time_point now() const;
  enum class Found : std::uint8_t { there, not_there, other };
  Found find_in_log(const Job& job);
  void end(State state, std::string reason, bool unreachable);
  bool retry(const std::function<void()>& call, std::chrono::steady_clock::time_point deadline);
  bool rest(std::chrono::milliseconds pause);

  Log& log_;
  Settings settings_;
  Signal& signal_;
  std::unique_ptr<LogWriter> writer_;
  std::size_t max_record_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::idle;
  std::optional<Job> job_;
  std::string reason_;
  bool unreachable_ = false;
  bool stop_ = false;
  Figures figures_;
  std::chrono::steady_clock::time_point begun_;
  std::thread thread_;  // none when simulated
};

}  // namespace weir
