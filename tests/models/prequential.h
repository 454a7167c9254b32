#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/models/models.h"
#include "tests/models/stream.h"

namespace weir {

/// How good predictions were: means over the rows of a stream.
struct Quality {
  double accuracy = 0;
  double log_loss = 0;  // Task::binary
  double mae = 0;
  std::uint64_t restored = 0;  // of the model
};

inline double clipped_loss(double p) { return -std::log(std::clamp(p, 0x1p-52, 1 - 0x1p-52)); }

/// Predicts, then learns every row of a stream. Rows without a score count as wrong.
inline Quality prequential(const std::string& name, const std::string& steps, Task task) {
  const DataStream stream(name);
  auto model = make_model(steps, task, stream.features());
  std::vector<double> labels;  // classes are numbered as they come
  Quality sum;
  std::vector<double> scores;
  for (std::size_t i = 0; i < stream.size(); ++i) {
    double y = stream.target(i);
    if (task == Task::classes) {
      if (std::ranges::count(labels, y) == 0) labels.push_back(y);
      y = static_cast<double>(std::ranges::find(labels, y) - labels.begin());
    }
    const bool scored = model->predict_one(stream.row(i), scores);
    EXPECT_TRUE(scored) << "row " << i;
    if (task == Task::binary) {
      sum.accuracy += (scores[0] > 0.5) == (y == 1);
      sum.log_loss += clipped_loss(y == 1 ? scores[0] : 1 - scores[0]);
    } else if (task == Task::regression) {
      sum.mae += std::abs(scores[0] - y);
    } else if (!scores.empty()) {
      sum.accuracy += static_cast<double>(std::ranges::max_element(scores) - scores.begin()) == y;
    }
    model->observe_one(stream.row(i));
    EXPECT_TRUE(model->learn_one(stream.row(i), y, 1)) << "row " << i;
  }
  const double n = static_cast<double>(stream.size());
  sum.accuracy /= n;
  sum.log_loss /= n;
  sum.mae /= n;
  sum.restored = model->restored();
  std::printf("%s: accuracy %.4f, log loss %.4f, mae %.4f, restored %d\n", name.c_str(),
              sum.accuracy, sum.log_loss, sum.mae, static_cast<int>(sum.restored));
  return sum;
}

}  // namespace weir
