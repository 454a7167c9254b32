#include "pipeline/engine/snapshot_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "pipeline/engine/durable_file.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

template <class Read>
auto read_with(const fs::path& file, Read read) {
  try {
    const MappedFile mapped(file);
    return read(mapped.bytes());
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("{}: {}", file.string(), error.what()));
  }
}

}  // namespace

std::size_t write_snapshot(const fs::path& folder, const Snapshot& snapshot,
                           std::size_t generations) {
  return write_packed_snapshot(folder, snapshot.epoch, pack_snapshot(snapshot), generations);
}

std::size_t write_packed_snapshot(const fs::path& folder, std::uint64_t epoch,
                                  std::string_view packed, std::size_t generations, bool sync) {
  const fs::path file = folder / fmt::format("{:020}.snapshot", epoch);
  write_durably(file, packed, sync);
  // Those of later epochs are of another log: they must not push out the one just written.
  std::vector<fs::path> all = list_snapshots(folder);
  std::erase_if(all, [&](const fs::path& other) { return other > file; });
  for (std::size_t i = generations; i < all.size(); ++i) {
    std::error_code ignored;
    fs::remove(all[i], ignored);
  }
  return packed.size();
}

std::vector<fs::path> list_snapshots(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(folder, missing))
    if (entry.path().extension() == ".snapshot") files.push_back(entry.path());
  std::sort(files.rbegin(), files.rend());
  return files;
}

Snapshot read_snapshot(const fs::path& file) { return read_with(file, unpack_snapshot); }
SnapshotOutline read_outline(const fs::path& file) { return read_with(file, outline_snapshot); }

SnapshotThread::SnapshotThread(fs::path folder)
    : folder_(std::move(folder)), thread_([this] { run(); }) {}

SnapshotThread::~SnapshotThread() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void SnapshotThread::publish(Snapshot snapshot) {
  {
    const std::lock_guard lock(mutex_);
    waiting_ = std::move(snapshot);
  }
  changed_.notify_one();
}

SnapshotThread::Report SnapshotThread::report() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

void SnapshotThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stop_ || waiting_; });
    if (!waiting_) return;
    const Snapshot snapshot = std::move(*waiting_);
    waiting_.reset();
    lock.unlock();
    std::size_t bytes = 0;
    std::string error;
    try {
      bytes = write_snapshot(folder_, snapshot);
    } catch (const std::exception& failed) {
      error = failed.what();
    }
    lock.lock();
    if (error.empty()) {
      ++report_.written;
      report_.bytes = bytes;
    } else {
      ++report_.failed;
    }
    report_.last_error = error;
  }
}

}  // namespace weir
