#include "pipeline/snapshots/segment_folder.h"

#include <fmt/format.h>

#include <memory>
#include <stdexcept>
#include <utility>

#include "pipeline/snapshots/durable_file.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

SealedBytes mapped(const SealedName& name, std::shared_ptr<const MappedFile> file) {
  const std::string_view bytes = file->bytes();
  return SealedBytes(name, bytes, std::move(file));
}

}  // namespace

SegmentFolder::SegmentFolder(fs::path folder, bool sync)
    : folder_(std::move(folder)), sync_(sync) {}

fs::path SegmentFolder::file_of(const SealedName& name) const {
  return folder_ / (name.text() + ".segment");
}

/// The part of a file if that holds what its name says, else nothing.
SealedBytes SegmentFolder::map(const SealedName& name) const {
  auto file = std::make_shared<const MappedFile>(file_of(name));
  if (SealedName::of(file->bytes()) != name)
    throw std::runtime_error(fmt::format("{}: it is damaged", file_of(name).string()));
  file->release();
  return mapped(name, std::move(file));
}

void SegmentFolder::write(std::span<const SealedBytes> parts) {
  for (const SealedBytes& part : parts) {
    if (part.empty()) continue;
    {
      const std::lock_guard lock(mutex_);
      if (known_.contains(part.name()) && (part.on_disk() || ready_.contains(part.name())))
        continue;
    }
    SealedBytes on_disk;
    try {
      on_disk = map(part.name());  // of an earlier life
    } catch (const std::runtime_error&) {
      write_durably(file_of(part.name()), part.bytes(), sync_);
      on_disk = mapped(part.name(), std::make_shared<const MappedFile>(file_of(part.name())));
    }
    const std::lock_guard lock(mutex_);
    known_.insert(part.name());
    if (!part.on_disk()) ready_.emplace(part.name(), std::move(on_disk));
  }
}

SealedBytes SegmentFolder::read(const SealedName& name) {
  SealedBytes part = map(name);
  const std::lock_guard lock(mutex_);
  known_.insert(name);
  return part;
}

void SegmentFolder::keep(const std::set<SealedName>& names) {
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(known_, [&](const SealedName& name) { return !names.contains(name); });
    std::erase_if(ready_, [&](const auto& one) { return !names.contains(one.first); });
  }
  std::set<std::string> files;
  for (const SealedName& name : names) files.insert(file_of(name).filename());
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_, error))
    if (!files.contains(entry.path().filename())) fs::remove(entry.path(), error);
}

void SegmentFolder::settle(SealedBytes& part) {
  if (part.on_disk() || part.empty()) return;
  const std::lock_guard lock(mutex_);
  const auto at = ready_.find(part.name());
  if (at == ready_.end()) return;
  exchanged_.push_back(std::exchange(part, std::move(at->second)));
  ready_.erase(at);
}

void SegmentFolder::free() {
  std::vector<SealedBytes> all;
  {
    const std::lock_guard lock(mutex_);
    all.swap(exchanged_);
  }
}

std::size_t SegmentFolder::files() const {
  const std::lock_guard lock(mutex_);
  return known_.size();
}

std::size_t SegmentFolder::bytes() const {
  const std::lock_guard lock(mutex_);
  std::size_t sum = 0;
  for (const SealedName& name : known_) sum += name.size;
  return sum;
}

}  // namespace weir
