#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/sealed_bytes.h"
#include "pipeline/core/state.h"

namespace weir {

/// Thrown by a StateWriter that was given a limit.
struct StateTooLarge : std::length_error {
  using std::length_error::length_error;
};

/// Appends a state to bytes.
class StateWriter final : public StateVisitor {
 public:
  explicit StateWriter(std::string& out) : out_(out) {}
  /// Sealed parts are named in `out`, settled with `sink` and added to `parts`. What would make
  /// `out` longer than `most` throws StateTooLarge.
  StateWriter(std::string& out, SealedSink& sink, std::vector<SealedBytes>& parts,
              std::size_t most = std::numeric_limits<std::size_t>::max())
      : out_(out), sink_(&sink), parts_(&parts), most_(most) {}
  void bytes(void* data, std::size_t size) override {
    if (size > most_ - out_.size()) throw StateTooLarge("a state is larger than asked for");
    out_.append(static_cast<const char*>(data), size);
  }
  std::size_t count(std::size_t current, std::size_t element) override;
  bool loading() const override { return false; }
  void sealed(SealedBytes& part) override;

 private:
  std::string& out_;
  SealedSink* sink_ = nullptr;
  std::vector<SealedBytes>* parts_ = nullptr;
  std::size_t most_ = std::numeric_limits<std::size_t>::max();
};

/// Restores a state from bytes; throws StateError when they do not fit it.
class StateReader final : public StateVisitor {
 public:
  /// `parts`: the sealed parts that it names.
  explicit StateReader(std::string_view in, std::span<const SealedBytes> parts = {})
      : in_(in), parts_(parts) {}
  void bytes(void* data, std::size_t size) override;
  std::size_t count(std::size_t current, std::size_t element) override;
  bool loading() const override { return true; }
  void sealed(SealedBytes& part) override;
  std::size_t left() const { return in_.size(); }

 private:
  std::string_view in_;
  std::span<const SealedBytes> parts_;
  std::size_t next_part_ = 0;  // they are usually named in order
};

/// Hashes a state (XXH3-64): equal hashes mean bit-identical states. Of sealed parts the names
/// count, which are hashes themselves: it is the same hash wherever their bytes are.
class StateHasher final : public StateVisitor {
 public:
  StateHasher();
  ~StateHasher() override;
  StateHasher(const StateHasher&) = delete;
  StateHasher& operator=(const StateHasher&) = delete;
  void bytes(void* data, std::size_t size) override;
  std::size_t count(std::size_t current, std::size_t element) override;
  bool loading() const override { return false; }
  void sealed(SealedBytes& part) override;
  std::uint64_t hash() const;

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
};

/// Counts the bytes a state takes, those of its sealed parts too.
class StateSizer final : public StateVisitor {
 public:
  void bytes(void*, std::size_t size) override { size_ += size; }
  std::size_t count(std::size_t current, std::size_t element) override;
  bool loading() const override { return false; }
  std::size_t size() const { return size_; }

 private:
  std::size_t size_ = 0;
};

}  // namespace weir
