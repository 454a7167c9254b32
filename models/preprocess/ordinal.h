#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/transformer.h"
#include "pipeline/core/text_index.h"

namespace weir {

/// Replaces each text by a whole number: 1, 2, 3 ... in order of first appearance; 0 for a text not
/// learned yet, or that came when `max` others were known; -1 for a missing one. `unknown: next`: a
/// text not learned yet is already scored with the number it will get.
///
/// Cost: one hash per text. Memory: each text once, at most `max` a column.
/// Source: as river.preprocessing.OrdinalEncoder (0.26), which has neither option.
class Ordinal final : public Transformer {
 public:
  struct Options {
    std::size_t max = 100'000;
    std::string unknown = "zero";  // or `next`
    std::vector<Written> fields;

    void describe(OptionVisitor& option);
  };

  /// Text column `texts[i]` becomes number column `first + i`.
  Ordinal(const Options& options, std::vector<std::size_t> texts, std::size_t first);

  void transform_one(Row& row) const override;
  void observe_one(Row& row) override;
  void state(StateVisitor& visit) override;

 private:
  double code(const TextIndex& codes, std::string_view text) const;

  std::size_t max_;
  bool numbers_unknown_;
  std::vector<std::size_t> texts_;
  std::size_t first_;
  std::vector<TextIndex> codes_;  // by column
};

std::unique_ptr<TransformerSpec> make_ordinal_spec();

}  // namespace weir
