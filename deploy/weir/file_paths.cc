#include "deploy/weir/file_paths.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <system_error>

namespace weir {
namespace {

namespace fs = std::filesystem;

/// Equal for two paths of one file; empty for a device.
std::string file_of(const std::string& path) {
  if (path == "-") return path;
  std::error_code error;
  if (fs::is_character_file(path, error)) return {};
  const fs::path whole = fs::weakly_canonical(fs::absolute(path, error), error);
  return error ? path : whole.string();
}

}  // namespace

std::vector<FileClash> file_clashes(const std::vector<FileUse>& read,
                                    const std::vector<FileUse>& written) {
  std::map<std::string, std::string> readers, writers;  // file -> name
  for (const FileUse& use : read)
    if (use.path != "-") readers.emplace(file_of(use.path), use.name);
  std::vector<FileClash> clashes;
  for (std::size_t i = 0; i < written.size(); ++i) {
    const auto& [name, path] = written[i];
    const std::string file = file_of(path);
    if (file.empty()) continue;
    if (const auto reader = readers.find(file); reader != readers.end())
      clashes.push_back({i, fmt::format("sink `{}` would write over {}, which source `{}` reads",
                                        name, path, reader->second)});
    const auto [writer, is_first] = writers.emplace(file, name);
    if (!is_first)
      clashes.push_back(
          {i, fmt::format("sinks `{}` and `{}` would both write {}: give each a file of its own",
                          writer->second, name, path == "-" ? "to stdout" : path)});
  }
  return clashes;
}

}  // namespace weir
