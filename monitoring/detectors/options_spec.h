#pragma once

#include <cstddef>
#include <memory>

#include "monitoring/detectors/drift_detector.h"

namespace weir {

/// The spec of a detector that needs nothing but its options to be made. `Options::window`, if it
/// has one, is the values in its window.
template <class Detector>
class OptionsSpec final : public DetectorSpec {
 public:
  void describe(OptionVisitor& option) override { options_.describe(option); }
  std::unique_ptr<DriftDetector> make(const DetectorInput&) const override {
    return std::make_unique<Detector>(options_);
  }
  std::size_t window() const override {
    if constexpr (requires { options_.window; }) return options_.window;
    return 0;
  }

 private:
  typename Detector::Options options_;
};

}  // namespace weir
