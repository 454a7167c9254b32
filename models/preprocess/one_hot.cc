#include "models/preprocess/one_hot.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "pipeline/core/bounded_text.h"

namespace weir {

void OneHot::Options::describe(OptionVisitor& option) {
  option("max", max,
         {.doc = "most indicators per column; a further text takes that of the text not learned "
                 "for longest",
          .min = 1,
          .max = 1e6,
          .example = "100"});
  option("fields", fields, {.doc = "columns to encode; default: every text"});
}

OneHot::OneHot(const Options& options, std::vector<std::size_t> texts, std::size_t first,
               std::vector<std::string> names)
    : max_(options.max),
      texts_(std::move(texts)),
      names_(std::move(names)),
      first_(first),
      categories_(texts_.size(), Category{.texts = CategoryTable(options.max)}) {}

void OneHot::transform_one(Row& row) const {
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    const std::string_view text = row.texts[texts_[i]];
    if (text.data() == nullptr) continue;
    const Category& category = categories_[i];
    if (const auto place = category.texts.find(BoundedText(text).view()))
      row.indicators.push_back(category.indicators[*place]);
  }
}

void OneHot::observe_one(Row& row) {
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    const std::string_view text = row.texts[texts_[i]];
    if (text.data() == nullptr) continue;
    Category& category = categories_[i];
    const CategoryTable::Observed observed = category.texts.observe(BoundedText(text).view());
    if (observed.place == category.indicators.size())
      category.indicators.push_back(static_cast<std::uint32_t>(first_ + used_++));
    const std::uint32_t indicator = category.indicators[observed.place];
    category.took_over.add(observed.took_over);
    if (observed.took_over) row.freed.push_back(indicator);
    row.indicators.push_back(indicator);
  }
}

void OneHot::report(Reporter& report) const {
  for (std::size_t i = 0; i < names_.size(); ++i)
    if (const double share = categories_[i].took_over.value(); !std::isnan(share))
      report(metric::feature_other_ratio, {"field", names_[i]}, share);
}

void OneHot::state(StateVisitor& visit) {
  visit.version("one_hot", 2);
  visit(used_);
  for (Category& category : categories_) {
    visit(category);
    const std::size_t end = first_ + categories_.size() * max_;
    if (category.indicators.size() != category.texts.size() ||
        std::ranges::any_of(category.indicators, [&](auto i) { return i < first_ || i >= end; }))
      throw StateError("one_hot: the state is of different columns");
  }
}

namespace {

class OneHotSpec final : public TransformerSpec {
 public:
  void describe(OptionVisitor& option) override { options_.describe(option); }
  std::vector<FeatureKind> kinds() const override { return {FeatureKind::text}; }
  std::vector<FeatureColumn> bind(Columns& columns, Mistakes& mistakes) override {
    auto texts = select_columns(columns, options_.fields, kinds(), mistakes);
    texts_ = indexes(texts);
    first_ = columns.indicators;
    columns.indicators += texts.size() * options_.max;
    names_.clear();
    for (const FeatureColumn& text : texts) names_.push_back(text.name);
    for (const FeatureColumn& text : texts)
      columns.named.erase(std::ranges::find(columns.named, text.name, &FeatureColumn::name));
    return texts;
  }
  std::unique_ptr<Transformer> make() const override {
    return std::make_unique<OneHot>(options_, texts_, first_, names_);
  }

 private:
  OneHot::Options options_;
  std::vector<std::size_t> texts_;
  std::vector<std::string> names_;
  std::size_t first_ = 0;
};

}  // namespace

std::unique_ptr<TransformerSpec> make_one_hot_spec() { return std::make_unique<OneHotSpec>(); }

}  // namespace weir
