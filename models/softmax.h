#pragma once

#include <vector>

namespace weir {

/// Makes scores probabilities that add up to 1: exp(score) of each over the sum of all; -infinity
/// is a class without any, 0. `largest` is the largest score; it does not matter where all are
/// -infinity: all become 0. Cost: an exp a score.
void softmax(std::vector<double>& scores, double largest);

}  // namespace weir
