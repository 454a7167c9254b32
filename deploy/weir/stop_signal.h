#pragma once

namespace weir {

/// From now on SIGTERM and SIGINT do not end the process: they only ask it to stop.
void stop_by_signal();

/// Whether one of them has arrived.
bool asked_to_stop();

}  // namespace weir
