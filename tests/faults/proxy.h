#pragma once

#include <cstdint>
#include <memory>

namespace weir::faults {

/// Stands between Kafka clients and a broker on loopback and does damage on command.
///
/// It reads the frames of the protocol (in the clear; TLS cannot be read), so that rules can act by
/// API key; the broker must advertise the proxy's port, or clients go around it. Control: a command
/// a line on standard input, each answered by `done LINE` or `wrong LINE: REASON` on standard
/// output, where `fired ...` tells each time that a rule acted and `over ...` that a time is over:
///   cut-before|cut-sent|cut-after api=K [skip=N] [times=N]   (see Action; once, unless told)
///   delay api=K ms=T [skip=N] [times=N]     the answers come T ms later (all, unless told)
///   stall [ms=T]       nothing passes, connections stay; until `clear` without a time
///   down [ms=T]        connections are closed, new ones refused
///   throttle bytes=N   a second and direction, all connections together; 0: no limit
///   clear              all as in the beginning
/// Its end is the end of standard input. Limits: a frame is held whole, at most 128 MiB; a produce
/// request with acks=0 has no answer and stays noted until its connection ends.
class Proxy {
 public:
  /// Listens on 127.0.0.1. Throws boost::system::system_error when it cannot.
  Proxy(std::uint16_t listen, std::uint16_t broker);
  ~Proxy();

  void run();

 private:
  class Traffic;
  std::unique_ptr<Traffic> traffic_;
};

}  // namespace weir::faults
