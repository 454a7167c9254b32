// Prints the bits of one pipeline, for a test to compare those of another kind of processor.

#include <cstdio>

#include "tests/harness/replayed.h"

int main() {
  using namespace weir;
  using namespace weir::engine_test;
  const Hashes hashes = replay_files(*read_pipeline(kDiamond), random_rows(8, 1000), {});
  std::printf("bits %s %s\n", hex16(hashes.output).c_str(), hex16(hashes.state).c_str());
}
