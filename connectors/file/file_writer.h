#pragma once

#include <memory>
#include <string>

#include "pipeline/core/connector.h"

namespace weir {

/// Opens a file for writing, from its beginning: gzip when its name ends in `.gz`, `-` is stdout
/// (which stays open). What the file held stays until the first bytes are written or `close`: a run
/// that cannot begin destroys nothing. The same writes make the same file, gzip too: it carries no
/// name or time. Writing collects 64 KiB; `close` syncs to the disk. Throws std::runtime_error with
/// the path and the reason; a writer that is destroyed without `close` leaves what was written so
/// far.
std::unique_ptr<FileWriter> open_file_writer(const std::string& path);

}  // namespace weir
