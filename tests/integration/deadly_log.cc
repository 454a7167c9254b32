// Loaded before libsleef (LD_PRELOAD), this makes one argument of the logarithm end the process: a
// bug of arithmetic that a row brings out, in a program that is not touched.
#include <dlfcn.h>
#include <sys/resource.h>

#include <cstdlib>

constexpr double kDeadly = 666;

extern "C" double Sleef_cinz_logd1_u10purec(double x) {
  using Log = double (*)(double);
  static const auto log = reinterpret_cast<Log>(::dlsym(RTLD_NEXT, "Sleef_cinz_logd1_u10purec"));
  if (x == kDeadly) {
    const rlimit no_core = {0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    std::abort();
  }
  return log(x);
}
