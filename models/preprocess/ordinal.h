#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/preprocess/recent_share.h"
#include "models/transformer.h"
#include "pipeline/core/text_index.h"

namespace weir {

/// Replaces each text by a whole number: 1, 2, 3 ... in order of first appearance; 0 for a text not
/// learned yet, or that came when `max` others were known; -1 for a missing one. A number is never
/// given to a second text. `unknown: next`: a text not learned yet is already scored with the
/// number it will get.
///
/// Cost: one hash per text. Memory: each text once (a hash of one above 256 bytes), at most `max` a
/// column.
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
  /// `names`: of the columns, for figures.
  Ordinal(const Options& options, std::vector<std::size_t> texts, std::size_t first,
          std::vector<std::string> names = {});

  void transform_one(Row& row) const override;
  void observe_one(Row& row) override;
  /// The share of texts that have no number because `max` others are known.
  void report(Reporter& report) const override;
  void state(StateVisitor& visit) override;

 private:
  double code(const TextIndex& codes, std::string_view text) const;

  std::size_t max_;
  bool numbers_unknown_;
  std::vector<std::size_t> texts_;
  std::size_t first_;
  std::vector<std::string> names_;
  std::vector<TextIndex> codes_;      // by column
  std::vector<RecentShare> others_;  // by column: texts beyond `max`
};

std::unique_ptr<TransformerSpec> make_ordinal_spec();

}  // namespace weir
