#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

/// Names an immutable part of a state by what is in it: XXH3-128 and size.
struct SealedName {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::uint64_t size = 0;

  static SealedName of(std::string_view bytes);
  /// 32 hex digits of the hash, a dash and the size: a file's name, a record's key.
  std::string text() const;
  static std::optional<SealedName> parse(std::string_view text);
  auto operator<=>(const SealedName&) const = default;
};

/// A part of a state that never changes again, and so is stored once and named from then on: in
/// memory, or mapped from a file, where the system may take its memory back. A value; copies share
/// the bytes. Reading is safe from any thread, as is copying; assigning is its owner's alone.
class SealedBytes {
 public:
  SealedBytes() = default;
  /// Takes the bytes and names them. Cost: one pass over them, some 10 GB a second.
  explicit SealedBytes(std::string bytes);
  /// `bytes` that were found to be what `name` says; `owner` keeps them there.
  SealedBytes(const SealedName& name, std::string_view bytes, std::shared_ptr<const void> owner);

  const SealedName& name() const { return name_; }
  /// At an address divisible by 8.
  std::string_view bytes() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }
  /// Whether the bytes are those of a file.
  bool on_disk() const { return on_disk_; }

 private:
  SealedName name_;
  std::string_view bytes_;
  std::shared_ptr<const void> owner_;
  bool on_disk_ = false;
};

/// Where sealed parts are stored.
class SealedSink {
 public:
  virtual ~SealedSink() = default;
  /// Called by the state's own thread when a part is written. If a file holds it by now, it is
  /// exchanged for the file's bytes, which frees memory. It never waits for the disk.
  virtual void settle(SealedBytes& part) = 0;
};

}  // namespace weir
