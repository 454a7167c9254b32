#include "pipeline/core/log/signal.h"

namespace weir {

void Signal::notify() {
  {
    const std::lock_guard lock(mutex_);
    notified_ = true;
  }
  arrived_.notify_one();
}

bool Signal::wait_for(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  const bool notified = arrived_.wait_for(lock, time, [this] { return notified_; });
  notified_ = false;
  return notified;
}

}  // namespace weir
