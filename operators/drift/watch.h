#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "monitoring/detectors/drift_detector.h"
#include "operators/drift/drift_row.h"
#include "operators/drift/recent_missing.h"
#include "operators/drift/recent_times.h"
#include "pipeline/core/state.h"

namespace weir {

/// One field's detector and where it stands.
struct Watch {
  Watch(std::unique_ptr<DriftDetector> of, std::size_t window)
      : detector(std::move(of)), recent(window) {}

  std::uint64_t seen = 0;  // rows
  std::unique_ptr<DriftDetector> detector;
  DriftState state = DriftState::stable;
  bool tested = false;
  double statistic = 0;
  double threshold = 0;
  std::uint64_t drifts = 0;
  RecentTimes times;
  RecentMissing recent;
  std::uint64_t vanished = 0;  // `seen` when it came into `no_data`

  /// Whether a test that found nothing ends `no_data`. Not before a window of rows, or else a field
  /// of which about half is missing would come and go with every row.
  bool has_data() const { return !recent.most() && seen - vanished >= recent.window(); }

  void visit_state(StateVisitor& visit) {
    visit.version("drift", 3);
    visit(seen, *detector, state, tested, statistic, threshold, drifts, times, recent, vanished);
  }
};

}  // namespace weir
