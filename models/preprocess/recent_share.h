#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "pipeline/core/state.h"

namespace weir {

/// The share of cases among the last 10,000, to 1,000. Cost: O(1). Memory: 80 bytes.
class RecentShare {
 public:
  void add(bool is_case) {
    if (panes_[pane_].all == kPane) {
      pane_ = (pane_ + 1) % kPanes;
      panes_[pane_] = {};
    }
    ++panes_[pane_].all;
    panes_[pane_].cases += is_case;
  }

  /// NaN before the first.
  double value() const {
    double all = 0, cases = 0;
    for (const Pane& pane : panes_) {
      all += pane.all;
      cases += pane.cases;
    }
    return cases / all;
  }

  void state(StateVisitor& visit) {
    visit(panes_, pane_);
    if (pane_ >= kPanes) throw StateError("recent share: there is no such pane");
  }

 private:
  static constexpr std::uint32_t kPane = 1'000;
  static constexpr std::uint32_t kPanes = 10;

  struct Pane {
    std::uint32_t all = 0;
    std::uint32_t cases = 0;

    void state(StateVisitor& visit) { visit(all, cases); }
  };

  std::array<Pane, kPanes> panes_{};
  std::uint32_t pane_ = 0;
};

}  // namespace weir
