#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "pipeline/core/state.h"

namespace weir {

/// How large the numbers of a column usually are, and whether one is far beyond that.
///
/// Input: numbers of any unit and sign; 0 has no size and is ignored, as a missing one is.
/// Statistic: the level, the size that about one number in a hundred exceeds: it rises by 0.99
/// octaves at a larger number and falls by 0.01 at a smaller one, so no number can move it far (the
/// first 20 raise it to theirs).
/// Far: more than 10 octaves, about a thousandfold, above the level; among the first 20
/// numbers, 40 octaves (before the first, beyond 2^63). A far number leaves the level as it is, but
/// after ten of them in a row the next one is believed, and becomes the level. Ten in a row that
/// lie 20 octaves below the level are the level, too: it was wrong.
/// Cost: O(1), integers only. Memory: 20 bytes.
/// Source: the quantile as Robbins and Monro 1951, Ann. Math. Stat. 22:400, with constant steps.
class RunningMagnitude {
 public:
  /// Whether `x` is far from what came before, learning nothing.
  bool far(double x) const { return !std::isnan(x) && is_far(size_of(x)); }

  /// Whether `x` is far from what came before and not believed; learns it.
  bool refuses(double x) {
    const std::int32_t size = size_of(x);
    if (is_usual(size)) {
      level_ += size > level_ ? kUp : -kDown;
      return false;
    }
    if (size == 0 || std::isnan(x)) return false;
    if (is_far(size) && above_ < kBelieved) {
      ++above_;
      return true;
    }
    learn(size);
    return false;
  }

  void state(StateVisitor& visit) { visit(level_, low_, seen_, above_, below_); }

 private:
  static constexpr std::int32_t kOctave = 256 * 100;  // sizes are in 25,600ths of an octave
  static constexpr std::int32_t kUp = kOctave / 100 * 99;
  static constexpr std::int32_t kDown = kOctave / 100;
  static constexpr std::uint8_t kFirst = 20;
  static constexpr std::uint8_t kBelieved = 10;

  /// About the base-2 logarithm of |x|, from its exponent and eight bits; 0 of 0.
  static std::int32_t size_of(double x) {
    return static_cast<std::int32_t>(std::bit_cast<std::uint64_t>(std::abs(x)) >> 44) * 100;
  }

  bool is_far(std::int32_t size) const {
    if (seen_ == 0) return size > size_of(1) + 63 * kOctave;
    return size > level_ + (seen_ < kFirst ? 40 : 10) * kOctave;
  }

  /// Whether `learn` would only move the level: almost always.
  bool is_usual(std::int32_t size) const {
    return seen_ == kFirst && above_ == 0 && below_ == 0 && size != 0 &&
           size <= level_ + 10 * kOctave && size >= level_ - 20 * kOctave;
  }

  void learn(std::int32_t size) {
    if (above_ == kBelieved && is_far(size))
      level_ = size;
    else if (seen_ == 0)
      level_ = size;
    else if (size > level_)
      level_ = seen_ < kFirst ? size : level_ + kUp;
    else
      level_ -= seen_ < kFirst ? 0 : kDown;
    above_ = 0;
    if (seen_ < kFirst) ++seen_;
    if (size >= level_ - 20 * kOctave) {
      below_ = 0;
      return;
    }
    if (below_ == 0 || size > low_) low_ = size;
    if (++below_ < kBelieved) return;
    level_ = low_;
    below_ = 0;
  }

  std::int32_t level_ = 0;
  std::int32_t low_ = 0;    // the largest of those below
  std::uint8_t seen_ = 0;   // numbers so far, at most kFirst
  std::uint8_t above_ = 0;  // far numbers in a row, at most kBelieved
  std::uint8_t below_ = 0;  // numbers far below the level in a row
};

}  // namespace weir
