#include "deploy/weir/file_paths.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <system_error>

namespace weir {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLinks = 40;  // as the kernel's

/// Equal for two paths of one file; empty for a device.
std::string file_of(const std::string& path) {
  if (path == "-") return path;
  struct stat at;
  if (::stat(path.c_str(), &at) == 0)
    return S_ISCHR(at.st_mode) ? std::string() : fmt::format("{}:{}", at.st_dev, at.st_ino);
  std::error_code error;
  fs::path file = fs::absolute(path, error);
  for (int links = 0; links < kMostLinks && fs::is_symlink(file, error); ++links)
    file = file.parent_path() / fs::read_symlink(file, error);  // to a file that does not exist yet
  const fs::path whole = fs::weakly_canonical(file, error);
  return error ? path : whole.string();
}

}  // namespace

bool is_stdout(const std::string& path) {
  struct stat given, open;
  return path == "-" || (::stat(path.c_str(), &given) == 0 && !S_ISCHR(given.st_mode) &&
                         ::fstat(STDOUT_FILENO, &open) == 0 && given.st_dev == open.st_dev &&
                         given.st_ino == open.st_ino);
}

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
      clashes.push_back({i, fmt::format("sink `{}` would overwrite {}, which source `{}` reads",
                                        name, path, reader->second)});
    const auto [writer, is_first] = writers.emplace(file, name);
    if (!is_first)
      clashes.push_back(
          {i, fmt::format("sinks `{}` and `{}` would both write {}: give each its own file",
                          writer->second, name, path == "-" ? "to stdout" : path)});
  }
  return clashes;
}

}  // namespace weir
