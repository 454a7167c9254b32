#include "models/softmax.h"

#include <cmath>

#include "pipeline/core/exact_math.h"

namespace weir {

void softmax(std::vector<double>& scores, double largest) {
  double sum = 0;
  for (double& score : scores) {
    score = score == -HUGE_VAL ? 0 : exact::exp(score - largest);
    sum += score;
  }
  if (sum == 0) return;  // no class yet
  for (double& score : scores) score /= sum;
}

}  // namespace weir
