#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "models/transformer.h"
#include "pipeline/core/text_index.h"

namespace weir {

/// Replaces each text by indicator columns, one a text seen, numbered in order of first appearance.
///
/// At most `max` texts a column; those that come later share one column, `other`. A missing text
/// and one not learned yet have no column: all are zero. A row holds only the numbers of the
/// columns that are 1, so cost does not grow with `max`: one hash a text. Memory: each text once.
/// Source: as river.preprocessing.OneHotEncoder (0.26), which has no `max`.
class OneHot final : public Transformer {
 public:
  struct Options {
    std::size_t max = 100;
    std::vector<Written> fields;

    void describe(OptionVisitor& option);
  };

  /// Text columns `texts` get the indicators from `first` on, `texts.size() * (max + 1)` at most.
  OneHot(const Options& options, std::vector<std::size_t> texts, std::size_t first);

  void transform_one(Row& row) const override;
  void observe_one(Row& row) override;
  void state(StateVisitor& visit) override;

 private:
  /// The texts of one column and their indicators.
  struct Category {
    TextIndex texts;
    std::vector<std::uint32_t> indicators;  // by the text's number; at [max] that of `other`

    void state(StateVisitor& visit) { visit(texts, indicators); }
  };

  std::size_t max_;
  std::vector<std::size_t> texts_;
  std::size_t first_;
  std::uint32_t used_ = 0;  // indicators given out
  std::vector<Category> categories_;
};

std::unique_ptr<TransformerSpec> make_one_hot_spec();

}  // namespace weir
