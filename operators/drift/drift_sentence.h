#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "monitoring/detectors/drift_detector.h"
#include "operators/drift/drift_row.h"

namespace weir {

/// A field as a sentence names it.
struct WatchedName {
  std::string_view field;
  std::string_view stream;
  std::string_view detector;
};

/// What a test says of a field that was in another state before. `p_value`: NaN without one.
std::string test_sentence(const WatchedName& name, DriftState before, const Verdict& verdict,
                          double p_value);

/// That most of a field's last rows lack a value.
std::string no_data_sentence(const WatchedName& name, std::uint64_t missing, std::uint64_t rows);

/// Two finite numbers, with so many digits (`least` or more) that the texts differ by what the
/// numbers differ by, to within 5 %; thousands are set apart by commas.
std::pair<std::string, std::string> told_apart(double a, double b, int least);

}  // namespace weir
