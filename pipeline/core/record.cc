#include "pipeline/core/record.h"

#include <array>

namespace weir {
namespace {

constexpr std::array<std::string_view, kReasonCount> kReasons = {
    "empty",      "null",   "json",      "format", "depth",      "utf8",
    "type",       "range",  "missing",   "time",   "time_ahead", "too_large",
    "label_type", "label_class", "output_too_large", "poison", "tombstone", "deleted"};

}  // namespace

std::string_view reason_name(Reason reason) { return kReasons[static_cast<std::size_t>(reason)]; }

}  // namespace weir
