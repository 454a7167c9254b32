#include "deploy/weir/stop_signal.h"

#include <csignal>

namespace weir {
namespace {

// The only thing a signal handler may touch.
volatile std::sig_atomic_t g_stop = 0;
extern "C" void ask_to_stop(int) { g_stop = 1; }

}  // namespace

void stop_by_signal() {
  std::signal(SIGTERM, ask_to_stop);
  std::signal(SIGINT, ask_to_stop);
}

bool asked_to_stop() { return g_stop != 0; }

}  // namespace weir
