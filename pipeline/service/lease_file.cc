#include "pipeline/service/lease_file.h"

#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <system_error>

namespace weir {
namespace {

namespace fs = std::filesystem;

// A lease outlives a crash of its owner by its session's time-out, six seconds at least.
constexpr std::chrono::seconds kOutlivesCrash{5};

}  // namespace

std::vector<std::uint32_t> LeaseFile::left_by_crash(std::uint32_t shards) const {
  std::vector<std::uint32_t> left;
  std::error_code missing;
  const auto written = fs::last_write_time(file_, missing);
  if (missing || fs::file_time_type::clock::now() - written > kOutlivesCrash) return left;
  std::ifstream in(file_);
  for (std::uint32_t shard = 0; in >> shard;)
    if (shard < shards) left.push_back(shard);
  return left;
}

void LeaseFile::keep(std::span<const std::uint32_t> held) {
  if (held.empty()) return remove();
  std::string lease;
  for (const std::uint32_t shard : held) lease += fmt::format("{}\n", shard);
  if (lease == written_) {
    std::error_code ignored;
    return fs::last_write_time(file_, fs::file_time_type::clock::now(), ignored);
  }
  written_ = lease;
  std::ofstream(file_, std::ios::trunc) << lease;
}

void LeaseFile::remove() {
  written_.clear();
  std::error_code ignored;
  fs::remove(file_, ignored);
}

}  // namespace weir
