#include "monitoring/sketches/ranked_scores.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace weir {
namespace {

constexpr std::size_t kBins = 16'384;
constexpr std::size_t kRows = 8'192;
constexpr double kLeastShare = 1.0 / kBins;

/// The part of `mass` that the piece `i` of `pieces` gets when it is spread evenly, what is left
/// over in the middle of the pieces.
std::uint64_t piece_of(std::uint64_t mass, std::uint64_t i, std::uint64_t pieces) {
  const std::uint64_t rest = mass % pieces;
  const auto before = [&](std::uint64_t n) { return (n * rest + pieces / 2) / pieces; };
  return mass / pieces + before(i + 1) - before(i);
}

/// Sorts by eleven bits at a time, from the lowest: a third of the time of std::sort.
void sort(std::vector<std::uint64_t>& values, std::vector<std::uint64_t>& scratch) {
  constexpr unsigned kBits = 11;
  constexpr std::uint64_t kMask = (1U << kBits) - 1;
  scratch.resize(values.size());
  for (unsigned shift = 0; shift < 64; shift += kBits) {
    std::array<std::uint32_t, kMask + 1> starts{};
    for (const std::uint64_t value : values) ++starts[value >> shift & kMask];
    if (starts[values.front() >> shift & kMask] == values.size()) continue;
    std::uint32_t start = 0;
    for (std::uint32_t& count : starts) start += std::exchange(count, start);
    for (const std::uint64_t value : values) scratch[starts[value >> shift & kMask]++] = value;
    values.swap(scratch);
  }
}

}  // namespace

void RankedScores::add(double score, bool label) {
  const double inside = score > 0 ? std::min(score, 1.0) : 0.0;
  rows_.push_back(std::bit_cast<std::uint64_t>(inside) << 1 | (label ? 1 : 0));
  ++(label ? positive_ : negative_);
  if (rows_.size() < kRows) return;
  sort_in();
  if (bins_.size() > kBins) merge();
}

double RankedScores::twice_won() const {
  if (!rows_.empty()) {
    RankedScores all = *this;
    all.sort_in();
    return all.twice_won();
  }
  double twice_won = 0;  // exact up to 2^53 pairs, and to 1e-16 beyond
  std::uint64_t below = 0;
  for (const Bin& bin : bins_) {
    twice_won += static_cast<double>(bin.positive) * static_cast<double>(2 * below + bin.negative);
    below += bin.negative;
  }
  return twice_won;
}

void RankedScores::sort_in() {
  sort(rows_, sorted_);
  next_.clear();
  auto row = rows_.cbegin();
  for (const Bin& bin : bins_) {
    for (; row != rows_.cend() && *row >> 1 < bin.low; ++row) put(*row >> 1, *row & 1);
    const auto first = row;
    while (row != rows_.cend() && *row >> 1 <= bin.high) ++row;
    place(bin, first, row);
  }
  for (; row != rows_.cend(); ++row) put(*row >> 1, *row & 1);
  bins_.swap(next_);
  rows_.clear();
}

/// Adds a bin with the rows that fall into it.
void RankedScores::place(Bin bin, Rows::const_iterator first, Rows::const_iterator last) {
  Bin grown = bin;
  for (auto row = first; row != last; ++row) ++(*row & 1 ? grown.positive : grown.negative);
  if (first != last && bin.low < bin.high && heavy(grown, 2 * share_)) return cut(bin, first, last);
  next_.push_back(grown);
}

/// Adds the rows of a bin as bins of their own, and what the bin held before, spread evenly over
/// the stretches between them.
void RankedScores::cut(const Bin& bin, Rows::const_iterator first, Rows::const_iterator last) {
  std::uint64_t pieces = 1;
  for (auto row = first; row != last; ++row)
    pieces += row == first || *row >> 1 != *(row - 1) >> 1;
  std::uint64_t low = bin.low;
  std::uint64_t piece = 0;
  const auto stretch = [&](std::uint64_t end) {  // up to before `end`
    Bin part{low, end - 1, piece_of(bin.positive, piece, pieces),
             piece_of(bin.negative, piece, pieces)};
    ++piece;
    if (part.positive == 0 && part.negative == 0) return;
    if (low == end) part.low = part.high = end;  // it is empty: with the next score
    next_.push_back(part);
  };
  for (auto row = first; row != last; ++row) {
    const std::uint64_t score = *row >> 1;
    if (row == first || score != *(row - 1) >> 1) stretch(score);
    put(score, *row & 1);
    low = score + 1;
  }
  if (low > bin.high) {  // the last stretch is empty: with the last score
    next_.back().positive += piece_of(bin.positive, piece, pieces);
    next_.back().negative += piece_of(bin.negative, piece, pieces);
  } else {
    stretch(bin.high + 1);
  }
}

/// Adds a row that no bin holds; `score` is not below those added so far.
void RankedScores::put(std::uint64_t score, bool label) {
  if (next_.empty() || next_.back().low != score) next_.push_back({score, score, 0, 0});
  ++(label ? next_.back().positive : next_.back().negative);
}

bool RankedScores::heavy(const Bin& bin, double share) const {
  return static_cast<double>(bin.positive) > share * static_cast<double>(positive_) ||
         static_cast<double>(bin.negative) > share * static_cast<double>(negative_);
}

/// Makes at most half as many bins as there may be, each as light as that allows.
void RankedScores::merge() {
  share_ = std::max(kLeastShare, share_ / 2);
  while (count_merged(share_) > kBins / 2) share_ *= 1.25;
  std::size_t merged = 0;
  for (std::size_t i = 1; i < bins_.size(); ++i) {
    Bin& into = bins_[merged];
    const Bin both{into.low, bins_[i].high, into.positive + bins_[i].positive,
                   into.negative + bins_[i].negative};
    if (heavy(both, share_))
      bins_[++merged] = bins_[i];
    else
      into = both;
  }
  bins_.resize(merged + 1);
}

std::size_t RankedScores::count_merged(double share) const {
  std::size_t count = 1;
  Bin into = bins_[0];
  for (std::size_t i = 1; i < bins_.size(); ++i) {
    into.positive += bins_[i].positive;
    into.negative += bins_[i].negative;
    if (!heavy(into, share)) continue;
    into = bins_[i];
    ++count;
  }
  return count;
}

void RankedScores::reset() {
  bins_.clear();
  rows_.clear();
  positive_ = negative_ = 0;
  share_ = 0;
}

void RankedScores::state(StateVisitor& visit) {
  visit(rows_, positive_, negative_, share_);
  bins_.resize(visit.count(bins_.size(), sizeof(Bin)));
  visit.bytes(bins_.data(), bins_.size() * sizeof(Bin));
  if (visit.loading() && (rows_.size() >= kRows || bins_.size() > kBins))
    throw StateError("roc_auc: the state has more bins than there may be");
}

}  // namespace weir
