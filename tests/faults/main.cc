#include <cstdio>
#include <cstdlib>
#include <exception>

#include "tests/faults/proxy.h"

int main(int count, char** words) {
  if (count != 3) {
    std::fprintf(stderr, "usage: %s PORT BROKER_PORT   (then commands on standard input)\n",
                 words[0]);
    return 2;
  }
  try {
    weir::faults::Proxy(static_cast<std::uint16_t>(std::atoi(words[1])),
                        static_cast<std::uint16_t>(std::atoi(words[2])))
        .run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
