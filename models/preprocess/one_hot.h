#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/preprocess/category_table.h"
#include "models/preprocess/recent_share.h"
#include "models/transformer.h"

namespace weir {

/// Replaces each text by indicator columns, one a text seen, numbered in order of first appearance.
///
/// At most `max` texts a column; a further one gets the column of the text that was not observed
/// for longest, which is then unknown again, and says so in Row::freed. A missing text and one that
/// is not known have no column: all are zero. A row holds only the numbers of the columns that are
/// 1, so cost does not grow with `max`: one hash a text. Memory: each text once (a hash of one
/// above 256 bytes).
/// Source: as river.preprocessing.OneHotEncoder (0.26), which has no `max`.
class OneHot final : public Transformer {
 public:
  struct Options {
    std::size_t max = 100;
    std::vector<Written> fields;

    void describe(OptionVisitor& option);
  };

  /// Text columns `texts` get the indicators from `first` on, `texts.size() * max` at most.
  /// `names`: of the columns, for figures.
  OneHot(const Options& options, std::vector<std::size_t> texts, std::size_t first,
         std::vector<std::string> names = {});

  void transform_one(Row& row) const override;
  void observe_one(Row& row) override;
  /// The share of texts that took the column of another.
  void report(Reporter& report) const override;
  void state(StateVisitor& visit) override;

 private:
  /// The texts of one column and their indicators.
  struct Category {
    CategoryTable texts;
    std::vector<std::uint32_t> indicators = {};  // by the text's place
    RecentShare took_over = {};

    void state(StateVisitor& visit) { visit(texts, indicators, took_over); }
  };

  std::size_t max_;
  std::vector<std::size_t> texts_;
  std::vector<std::string> names_;
  std::size_t first_;
  std::uint32_t used_ = 0;  // indicators given out
  std::vector<Category> categories_;
};

std::unique_ptr<TransformerSpec> make_one_hot_spec();

}  // namespace weir
