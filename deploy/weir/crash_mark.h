#pragma once

#include <filesystem>

namespace weir {

/// Whether the previous process crashed (a fatal signal: a bug of ours, or an event that triggers
/// one), according to its mark in the folder; removes the mark. A kill from outside leaves none.
bool take_crash_mark(const std::filesystem::path& folder);

/// From now on a fatal signal (SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL) leaves the mark before it
/// ends the process.
void leave_crash_mark(const std::filesystem::path& folder);

}  // namespace weir
