#pragma once

#include <string>
#include <vector>

namespace weir {

/// What a person wants changed at the start (RunnerSettings).
struct PipelineChanges {
  bool accept_new_logic = false;
  std::vector<std::string> reset = {};
  bool crashed = true;  // the process before may have died of its input: PoisonGuard
};

}  // namespace weir
