#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "pipeline/core/sealed_bytes.h"

namespace weir {

/// Thrown by a loading visitor: the bytes are cut short, of a different version or not a state.
struct StateError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Visits everything that must survive a restart. One `state()` function serves writing, reading,
/// hashing and sizing, so they can never disagree. NaN is one pattern, whatever its payload.
class StateVisitor {
 public:
  virtual ~StateVisitor() = default;

  /// `size` raw bytes, written or filled in. Throws StateError when loading past the end.
  virtual void bytes(void* data, std::size_t size) = 0;

  /// The element count of a container: `current` is written when saving, the saved one returned
  /// when loading. `element` is the least size of one in bytes: more elements than the input has
  /// bytes left for are refused before anything is allocated.
  virtual std::size_t count(std::size_t current, std::size_t element) = 0;

  virtual bool loading() const = 0;

  /// A part that never changes again: its bytes; with a place for such parts, its name alone.
  virtual void sealed(SealedBytes& part);

  /// Names a part and the version of its layout; loading another one throws StateError.
  void version(std::string_view part, std::uint32_t number) {
    std::uint32_t read = number;
    visit(read);
    if (read != number)
      throw StateError(std::string(part) + ": state has version " + std::to_string(read) +
                       ", this program reads " + std::to_string(number));
  }
  /// The same where two layouts are in use: writes `number`, which is `first` or `second`; returns
  /// the one that was written or read.
  std::uint32_t version(std::string_view part, std::uint32_t number, std::uint32_t first,
                        std::uint32_t second) {
    visit(number);
    if (number != first && number != second)
      throw StateError(std::string(part) + ": state has version " + std::to_string(number) +
                       ", this program reads " + std::to_string(first) + " and " +
                       std::to_string(second));
    return number;
  }

  template <class... Parts>
  void operator()(Parts&... parts) {
    (visit(parts), ...);
  }

 private:
  template <class T>
  requires(std::is_integral_v<T> || std::is_enum_v<T>) void visit(T& value) {
    bytes(&value, sizeof value);
  }
  template <std::floating_point T>
  void visit(T& value) {
    if (!loading() && std::isnan(value)) value = std::numeric_limits<T>::quiet_NaN();
    bytes(&value, sizeof value);
  }
  void visit(std::string& text) {
    text.resize(count(text.size(), 1));
    bytes(text.data(), text.size());
  }
  template <class T>
  void visit(std::vector<T>& values) {
    values.resize(count(values.size(), std::is_arithmetic_v<T> ? sizeof(T) : 1));
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      bytes(values.data(), values.size() * sizeof(T));
    } else if constexpr (std::floating_point<T>) {
      if (!loading())
        for (T& value : values)
          if (std::isnan(value)) value = std::numeric_limits<T>::quiet_NaN();
      bytes(values.data(), values.size() * sizeof(T));
    } else {
      for (T& value : values) visit(value);
    }
  }
  template <class T>
  void visit(std::deque<T>& values) {
    values.resize(count(values.size(), 1));
    for (T& value : values) visit(value);
  }
  template <class T, std::size_t n>
  void visit(std::array<T, n>& values) {
    for (T& value : values) visit(value);
  }
  template <class T>
  void visit(std::optional<T>& value) {
    bool there = value.has_value();
    visit(there);
    if (there && !value) value.emplace();
    if (!there) value.reset();
    if (value) visit(*value);
  }
  template <class A, class B>
  void visit(std::pair<A, B>& both) {
    visit(both.first);
    visit(both.second);
  }
  void visit(SealedBytes& part) { sealed(part); }
  /// A part behind a pointer is part of the shape: it must exist already when loading.
  template <class T>
  void visit(std::unique_ptr<T>& part) {
    visit(*part);
  }
  template <class T>
  requires requires(T& part, StateVisitor& visitor) { part.state(visitor); }
  void visit(T& part) { part.state(*this); }
};

}  // namespace weir
