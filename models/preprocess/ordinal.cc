#include "models/preprocess/ordinal.h"

#include <utility>

namespace weir {

void Ordinal::Options::describe(OptionVisitor& option) {
  option("max", max, {.doc = "most texts numbered a column; others are 0", .min = 1, .max = 1e7});
  option("fields", fields, {.doc = "columns to encode; default: every text"});
}

Ordinal::Ordinal(const Options& options, std::vector<std::size_t> texts, std::size_t first)
    : max_(options.max), texts_(std::move(texts)), first_(first), codes_(texts_.size()) {}

void Ordinal::transform_one(Row& row) const {
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    const std::string_view text = row.texts[texts_[i]];
    double& code = row.numbers[first_ + i];
    if (text.data() == nullptr) {
      code = -1;
    } else {
      const auto number = codes_[i].find(text);
      code = number ? *number + 1.0 : 0.0;
    }
  }
}

void Ordinal::observe_one(Row& row) {
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    const std::string_view text = row.texts[texts_[i]];
    if (text.data() != nullptr && codes_[i].size() < max_) codes_[i].add(text);
  }
  transform_one(row);
}

void Ordinal::state(StateVisitor& visit) {
  visit.version("ordinal", 1);
  for (TextIndex& codes : codes_) visit(codes);
}

}  // namespace weir
