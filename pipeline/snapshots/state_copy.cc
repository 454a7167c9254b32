#include "pipeline/snapshots/state_copy.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "pipeline/core/state.h"
#include "pipeline/core/state_visitors.h"

namespace weir {
namespace {

constexpr int kPatienceMs = 600'000;
constexpr char kWhole = 'w';

/// What stands before the bytes of the sections.
struct Head {
  struct Section {
    std::string name, part;
    std::uint64_t fingerprint = 0, bytes = 0;
    std::vector<std::array<std::uint64_t, 3>> sealed;
    void state(StateVisitor& visit) { visit(name, part, fingerprint, bytes, sealed); }
  };
  std::vector<Section> sections;
  void state(StateVisitor& visit) { visit(sections); }
};

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

void read_all(int file, std::string& bytes, std::size_t size) {
  bytes.resize(size);
  for (std::size_t at = 0; at < size;) {
    const ssize_t n = ::read(file, bytes.data() + at, size - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) throw std::runtime_error("the copy of the state is incomplete");
    at += static_cast<std::size_t>(n);
  }
}

/// Makes the child one that nobody meets: it holds no connection and no lock of its parent, takes
/// no signal for it, does not outlive it, and is the first to go when memory is short.
void live_apart(int& memory, int& done) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL})
    ::signal(signal, SIG_DFL);  // the parent's handlers would say that it has died
  const int low = ::dup2(memory, STDIN_FILENO);
  const int high = ::dup2(done, STDOUT_FILENO);
  if (low < 0 || high < 0) ::_exit(1);
  memory = low;
  done = high;
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
  if (const int score = ::open("/proc/self/oom_score_adj", O_WRONLY); score >= 0) {
    write_all(score, "1000");
    ::close(score);
  }
}

bool save_to(int memory, const StateCopy::Save& save) {
  const std::vector<StateSection> sections = save();
  Head head;
  for (const StateSection& one : sections) {
    Head::Section& section = head.sections.emplace_back();
    section.name = one.name;
    section.part = one.part;
    section.fingerprint = one.fingerprint;
    section.bytes = one.bytes.size();
    for (const SealedBytes& part : one.sealed)
      section.sealed.push_back({part.name().high, part.name().low, part.name().size});
  }
  std::string text;
  StateWriter writer(text);
  writer(head);
  const std::uint64_t size = text.size();
  if (!write_all(memory, {reinterpret_cast<const char*>(&size), sizeof size})) return false;
  if (!write_all(memory, text)) return false;
  for (const StateSection& one : sections)
    if (!write_all(memory, one.bytes)) return false;
  return true;
}

[[noreturn]] void run_child(int memory, int done, pid_t parent, const StateCopy::Save& save) {
  live_apart(memory, done);
  if (::getppid() != parent) ::_exit(1);
  try {
    if (save_to(memory, save)) write_all(done, {&kWhole, 1});
  } catch (...) {  // its parent sees that nothing came
    ::_exit(1);
  }
  ::_exit(0);
}

}  // namespace

StateCopy::StateCopy(const Save& save, std::vector<SealedBytes> sealed)
    : sealed_(std::move(sealed)) {
  const int memory = ::memfd_create("weir-state", MFD_CLOEXEC);
  if (memory < 0) fail("memfd_create");
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    ::close(memory);
    fail("pipe2");
  }
  const pid_t parent = ::getpid();
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);  // the child keeps it so
  const pid_t child = ::fork();
  if (child == 0) run_child(memory, ends[1], parent, save);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::close(ends[1]);
  if (child < 0) {
    ::close(memory);
    ::close(ends[0]);
    errno = error;
    fail("fork");
  }
  child_ = child;
  memory_ = memory;
  done_ = ends[0];
}

StateCopy::~StateCopy() {
  if (child_ > 0) {
    ::kill(child_, SIGKILL);
    while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  ::close(memory_);
  ::close(done_);
}

std::vector<StateSection> StateCopy::take() {
  pollfd wait{done_, POLLIN, 0};
  int ready = 0;
  while ((ready = ::poll(&wait, 1, kPatienceMs)) < 0 && errno == EINTR) {
  }
  char said = 0;
  if (ready <= 0 || ::read(done_, &said, 1) != 1 || said != kWhole)
    throw std::runtime_error("the process that copies the state ended early");
  return read();
}

std::vector<StateSection> StateCopy::read() const {
  if (::lseek(memory_, 0, SEEK_SET) != 0) fail("lseek");
  std::string text;
  read_all(memory_, text, sizeof(std::uint64_t));
  std::uint64_t size = 0;
  std::memcpy(&size, text.data(), sizeof size);
  read_all(memory_, text, size);
  Head head;
  StateReader reader(text);
  reader(head);

  std::map<SealedName, const SealedBytes*> parts;
  for (const SealedBytes& part : sealed_) parts.emplace(part.name(), &part);
  std::vector<StateSection> sections;
  for (const Head::Section& one : head.sections) {
    StateSection& section = sections.emplace_back();
    section.name = one.name;
    section.part = one.part;
    section.fingerprint = one.fingerprint;
    read_all(memory_, section.bytes, one.bytes);
    for (const auto& [high, low, bytes] : one.sealed) {
      const auto part = parts.find(SealedName{high, low, bytes});
      if (part == parts.end())
        throw std::runtime_error("operator " + one.name +
                                 " did not show a sealed part of its state");
      section.sealed.push_back(*part->second);
    }
  }
  return sections;
}

}  // namespace weir
