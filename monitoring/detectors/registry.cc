#include <array>

#include "monitoring/detectors/drift_detector.h"
#include "monitoring/detectors/ks_test.h"
#include "monitoring/detectors/mean_shift.h"
#include "monitoring/detectors/page_hinkley.h"

namespace weir {
namespace {

constexpr std::array kNumbers = {Type::number, Type::boolean};
constexpr std::span<const Type> kNone;

// name, doc, later, logic, types, make
constexpr auto kDetectors = std::to_array<DetectorType>({
    {"adwin", "adaptive window: a cut between two unequal means (Bifet and Gavalda 2007)",
     "watching", 0, kNone, nullptr},
    {"chi2", "chi-squared test of category counts", "watching", 0, kNone, nullptr},
    {"ddm", "error rate above its least value (Gama 2004)", "watching", 0, kNone, nullptr},
    {"eddm", "distance between errors (Baena-Garcia 2006)", "watching", 0, kNone, nullptr},
    {"hddm_a", "Hoeffding bound on means (Frias-Blanco 2015)", "watching", 0, kNone, nullptr},
    {"hddm_w", "Hoeffding bound on weighted means (Frias-Blanco 2015)", "watching", 0, kNone,
     nullptr},
    {"ks_test",
     "two-sample Kolmogorov-Smirnov test of a window against a reference, for independent values",
     "", 1, kNumbers, make_ks_test},
    {"kswin", "Kolmogorov-Smirnov test within one sliding window (Raab 2020)", "watching", 0, kNone,
     nullptr},
    {"mean_shift",
     "mean of a window against a reference, for independent values: Welch's test or the sigma rule",
     "", 1, kNumbers, make_mean_shift},
    {"page_hinkley", "cumulated deviation from the mean (Page 1954)", "", 1, kNumbers,
     make_page_hinkley},
    {"psi", "population stability index", "watching", 0, kNone, nullptr},
    {"wasserstein", "earth mover's distance to a reference", "watching", 0, kNone, nullptr},
});

}  // namespace

std::span<const DetectorType> detector_types() { return kDetectors; }

}  // namespace weir
