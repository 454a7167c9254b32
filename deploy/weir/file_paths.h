#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace weir {

/// A file that a source reads or a sink writes.
struct FileUse {
  std::string name;  // of the source or sink
  std::string path;  // `-`: stdin or stdout
};

/// A sink that would destroy what another sink writes or a source reads.
struct FileClash {
  std::size_t sink = 0;  // index into what `file_clashes` was given
  std::string message;
};

/// Whether stdout writes to this path, whatever its name; false for devices.
bool is_stdout(const std::string& path);

/// The clashes among `written`, and with `read`. Two paths are one file whatever links lead to it;
/// devices (/dev/null) are shared.
std::vector<FileClash> file_clashes(const std::vector<FileUse>& read,
                                    const std::vector<FileUse>& written);

}  // namespace weir
