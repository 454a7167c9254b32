#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/core/splitmix64.h"

namespace weir {

/// A stream of rows with two classes that a line separates but for noise. Any language can
/// reproduce it bit for bit with splitmix64 and + - * / of doubles, rounded one by one.
///
/// The recipe, with u = the next u01 of SplitMix64(seed) (see there), n = features:
///   weights, once:    w[j] = u * 2 - 1                          for j = 0 .. n-1, in order
///   of each row i:    x[j] = (floor(u * 20001) - 10000) / 10000 for j = 0 .. n-1, in order
///                     s = 0; s = s + w[j] * x[j]                for j = 0 .. n-1, in order
///                     y = (s > 0), turned over if u < noise     (one more u, in every row)
/// So value x[j] of row i comes from draw n + i * (n + 1) + j, counted from 0.
/// The best accuracy that can be reached is 1 - noise.
class Classification {
 public:
  struct Options {
    std::size_t seed = 1;
    std::size_t events = 0;  // rows; 0: without end
    std::size_t features = 10;
    double noise = 0.1;  // share of labels turned over
  };

  struct Row {
    std::uint64_t number = 0;
    std::vector<double> x;
    bool y = false;
  };

  explicit Classification(Options options);

  /// False at the end.
  bool next(Row& row);

  /// Event time of a row: one a second from 2024-01-01T00:00:00Z.
  static std::int64_t time(const Row& row);
  /// The record's value: `{"id":0,"ts":1704067200000,"x0":...,"x1":...,"y":true}`.
  static void append_value(const Row& row, std::string& out);

 private:
  Options options_;
  SplitMix64 random_;
  std::vector<double> weights_;
  std::uint64_t made_ = 0;
};

}  // namespace weir
