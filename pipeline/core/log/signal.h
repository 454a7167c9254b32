#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace weir {

/// Wakes a worker when something has arrived; one may be shared by many readers.
class Signal {
 public:
  void notify();
  /// Waits until notified since the last wait, or the time is over. Returns whether it was.
  bool wait_for(std::chrono::milliseconds time);

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  bool notified_ = false;
};

/// How the engine waits: until the signal or for that long, whichever is first; returns whether it
/// was the signal. Empty: in real time. (A simulation lets its own time pass.)
using Wait = std::function<bool(Signal&, std::chrono::milliseconds)>;

}  // namespace weir
