#include "connectors/generate/classification.h"

#include <cmath>

#include "pipeline/core/number_text.h"

namespace weir {
namespace {

constexpr std::int64_t kBegin = 1'704'067'200'000;  // 2024-01-01T00:00:00Z
constexpr std::int64_t kSecond = 1000;

}  // namespace

Classification::Classification(Options options)
    : options_(options), random_(options.seed), weights_(options.features) {
  for (double& weight : weights_) weight = random_.u01() * 2 - 1;
}

bool Classification::next(Row& row) {
  if (options_.events != 0 && made_ == options_.events) return false;
  row.number = made_++;
  row.x.resize(weights_.size());
  double sum = 0;
  for (std::size_t j = 0; j < weights_.size(); ++j) {
    row.x[j] = (std::floor(random_.u01() * 20001) - 10000) / 10000;
    sum += weights_[j] * row.x[j];
  }
  row.y = (sum > 0) != (random_.u01() < options_.noise);
  return true;
}

std::int64_t Classification::time(const Row& row) {
  return kBegin + static_cast<std::int64_t>(row.number) * kSecond;
}

void Classification::append_value(const Row& row, std::string& out) {
  out += "{\"id\":";
  append_number(out, static_cast<double>(row.number));
  out += ",\"ts\":";
  append_number(out, static_cast<double>(time(row)));
  for (std::size_t j = 0; j < row.x.size(); ++j) {
    out += ",\"x";
    append_number(out, static_cast<double>(j));
    out += "\":";
    append_number(out, row.x[j]);
  }
  out += row.y ? ",\"y\":true}" : ",\"y\":false}";
}

}  // namespace weir
