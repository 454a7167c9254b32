#pragma once

#include <filesystem>

namespace weir {

/// Whether the process before died of itself (a fatal signal: our bug, or an event that brings it
/// out), as its mark in the folder says; takes the mark away. A kill from outside leaves none.
bool take_crash_mark(const std::filesystem::path& folder);

/// From now on a fatal signal (SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL) leaves the mark before the
/// process dies as it would have.
void leave_crash_mark(const std::filesystem::path& folder);

}  // namespace weir
