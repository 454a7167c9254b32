#pragma once

namespace weir {

/// What the program's exit status tells a supervisor.
enum ExitCode : int {
  kDone = 0,
  kFailed = 1,        // failed while running; a restart continues
  kUsage = 2,         // wrong command line
  kUnreachable = 69,  // the broker cannot be reached
  kFenced = 70,       // another owner has the shard: do not restart
  kWrongConfig = 78,  // the pipeline file is wrong
};

}  // namespace weir
