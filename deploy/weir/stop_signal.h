#pragma once

namespace weir {

/// From now on SIGTERM and SIGINT end nothing: they only ask to stop.
void stop_by_signal();

/// Whether one of them has come.
bool asked_to_stop();

}  // namespace weir
