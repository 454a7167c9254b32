#pragma once

#include <cstdint>
#include <string>

namespace weir {

/// A span of time (ms) for people: whole days from three days on, whole hours from three hours on,
/// whole minutes from three minutes on, else seconds.
std::string rough_duration(std::int64_t ms);

}  // namespace weir
