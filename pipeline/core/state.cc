#include "pipeline/core/state.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "pipeline/core/check.h"

namespace weir {

struct StateHasher::Stream {
  XXH3_state_t* state = XXH3_createState();
  ~Stream() { XXH3_freeState(state); }
};

namespace {

template <class Visitor>
std::size_t write_count(Visitor& visitor, std::size_t current) {
  std::uint64_t n = current;
  visitor.bytes(&n, sizeof n);
  return current;
}

}  // namespace

std::size_t StateWriter::count(std::size_t current, std::size_t) {
  return write_count(*this, current);
}

void StateReader::bytes(void* data, std::size_t size) {
  if (size > in_.size()) throw StateError("the state is cut short");
  if (size > 0) std::memcpy(data, in_.data(), size);
  in_.remove_prefix(size);
}

std::size_t StateReader::count(std::size_t, std::size_t element) {
  std::uint64_t n = 0;
  bytes(&n, sizeof n);
  if (n > in_.size() / std::max<std::size_t>(element, 1))
    throw StateError("a count of " + std::to_string(n) + " is more than the state has bytes for");
  return n;
}

StateHasher::StateHasher() : stream_(std::make_unique<Stream>()) {
  XXH3_64bits_reset(stream_->state);
}
StateHasher::~StateHasher() = default;

void StateHasher::bytes(void* data, std::size_t size) {
  check(XXH3_64bits_update(stream_->state, data, size) == XXH_OK, "XXH3 takes bytes");
}

std::size_t StateHasher::count(std::size_t current, std::size_t) {
  return write_count(*this, current);
}

std::uint64_t StateHasher::hash() const { return XXH3_64bits_digest(stream_->state); }

std::size_t StateSizer::count(std::size_t current, std::size_t) {
  size_ += sizeof(std::uint64_t);
  return current;
}

}  // namespace weir
