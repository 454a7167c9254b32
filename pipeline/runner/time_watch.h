#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>

#include "pipeline/runner/notices.h"
#include "pipeline/shard/shard.h"

namespace weir {

/// What is wrong with the event times of a source, in a sentence; nothing: they are as they should
/// be. More than one row in a hundred must be concerned.
std::optional<std::string> far_rows_text(const Shard& shard, std::size_t source);
std::optional<std::string> behind_text(const Shard& shard, std::size_t source);

/// Warns of sources whose event times cannot be right, once each.
class TimeWatch {
 public:
  void watch(const Shard& shard, Notices& notices);

 private:
  std::set<std::string> far_, behind_;  // sources that were reported
};

}  // namespace weir
