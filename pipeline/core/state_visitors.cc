#include "pipeline/core/state_visitors.h"

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

/// How a sealed part stands in a state.
enum class Form : std::uint8_t { bytes, name };

void visit_name(StateVisitor& visitor, SealedName& name) {
  visitor(name.high, name.low, name.size);
}

}  // namespace

void StateVisitor::sealed(SealedBytes& part) {
  Form form = Form::bytes;
  visit(form);
  if (form != Form::bytes) throw StateError("a sealed part is named but missing");
  std::string read;
  const std::size_t size = count(part.bytes().size(), 1);
  if (!loading()) return bytes(const_cast<char*>(part.bytes().data()), size);
  read.resize(size);
  bytes(read.data(), size);
  part = read.empty() ? SealedBytes() : SealedBytes(std::move(read));
}

void StateWriter::sealed(SealedBytes& part) {
  if (sink_ == nullptr || part.empty()) return StateVisitor::sealed(part);
  Form form = Form::name;
  SealedName name = part.name();
  (*this)(form);
  visit_name(*this, name);
  sink_->settle(part);
  parts_->push_back(part);
}

void StateReader::sealed(SealedBytes& part) {
  if (parts_.empty() || in_.empty() || static_cast<Form>(in_.front()) == Form::bytes)
    return StateVisitor::sealed(part);
  Form form = Form::name;
  (*this)(form);
  if (form != Form::name) throw StateError("a sealed part is neither present nor named");
  SealedName name;
  visit_name(*this, name);
  for (std::size_t tried = 0; tried < parts_.size(); ++tried) {
    const SealedBytes& one = parts_[next_part_++ % parts_.size()];
    if (one.name() != name) continue;
    part = one;
    return;
  }
  throw StateError("sealed part " + name.text() + " is missing");
}

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

void StateHasher::sealed(SealedBytes& part) {
  SealedName name = part.name();
  visit_name(*this, name);
}

std::uint64_t StateHasher::hash() const { return XXH3_64bits_digest(stream_->state); }

std::size_t StateSizer::count(std::size_t current, std::size_t) {
  size_ += sizeof(std::uint64_t);
  return current;
}

}  // namespace weir
