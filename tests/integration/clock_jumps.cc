// Loaded before the C library (LD_PRELOAD), this makes the clock on the wall jump: right, ahead and
// behind in turn, twice a second. 50 minutes, since a broker refuses records of over an hour ahead.
// With WEIR_CLOCK_AHEAD it is so many seconds ahead all the time.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/time.h>

#include <cstdlib>
#include <ctime>

namespace {

using Get = int (*)(clockid_t, timespec*);
using Wait = int (*)(pthread_cond_t*, pthread_mutex_t*, const timespec*);

thread_local time_t jumped = 0;  // at this thread's last look

int get(clockid_t clock, timespec* time) {
  static const Get real = reinterpret_cast<Get>(::dlsym(RTLD_NEXT, "clock_gettime"));
  return real(clock, time);
}

time_t jump() {
  if (const char* ahead = std::getenv("WEIR_CLOCK_AHEAD")) return std::atol(ahead);
  timespec steady;
  get(CLOCK_MONOTONIC, &steady);
  const long half_seconds = steady.tv_sec * 2 + steady.tv_nsec / 500'000'000;
  return (half_seconds % 3 - 1) * 3'000;
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const int status = get(clock, time);
  if (status == 0 && clock == CLOCK_REALTIME) time->tv_sec += jumped = jump();
  return status;
}

extern "C" int gettimeofday(timeval* time, void*) noexcept {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  *time = {now.tv_sec, now.tv_nsec / 1'000};
  return 0;
}

// librdkafka waits by the clock on the wall; the kernel, whose clock does not jump, would wait for
// 50 minutes.
extern "C" int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                                      const timespec* until) {
  void* versioned = ::dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
  static const Wait real = reinterpret_cast<Wait>(
      versioned != nullptr ? versioned : ::dlsym(RTLD_NEXT, "pthread_cond_timedwait"));
  const timespec then = {until->tv_sec - jumped, until->tv_nsec};
  return real(condition, mutex, &then);
}
