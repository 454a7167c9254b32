#include "deploy/weir/crash_mark.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <system_error>

namespace weir {
namespace {

constexpr const char* kName = "crashed";

// What a signal handler may touch: only bytes that exist before it runs.
char g_mark[4096] = {};

extern "C" void mark_crash(int) {
  const int fd = ::open(g_mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0) ::close(fd);
}

}  // namespace

bool take_crash_mark(const std::filesystem::path& folder) {
  std::error_code ignored;
  return std::filesystem::remove(folder / kName, ignored);
}

void leave_crash_mark(const std::filesystem::path& folder) {
  const std::string path = (folder / kName).string();
  if (path.size() >= sizeof g_mark) return;
  std::memcpy(g_mark, path.c_str(), path.size() + 1);
  struct sigaction action = {};
  action.sa_handler = &mark_crash;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // the signal then ends the process
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL})
    ::sigaction(signal, &action, nullptr);
}

}  // namespace weir
