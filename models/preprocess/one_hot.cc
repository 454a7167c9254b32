#include "models/preprocess/one_hot.h"

#include <algorithm>
#include <utility>

namespace weir {

void OneHot::Options::describe(OptionVisitor& option) {
  option("max", max,
         {.doc = "most indicators per column; further texts share one, `other`",
          .min = 1,
          .max = 1e6,
          .example = "100"});
  option("fields", fields, {.doc = "columns to encode; default: every text"});
}

OneHot::OneHot(const Options& options, std::vector<std::size_t> texts, std::size_t first)
    : max_(options.max), texts_(std::move(texts)), first_(first), categories_(texts_.size()) {}

void OneHot::transform_one(Row& row) const {
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    const std::string_view text = row.texts[texts_[i]];
    if (text.data() == nullptr) continue;
    const Category& category = categories_[i];
    const auto known = category.texts.find(text);
    const std::size_t number = known ? *known : max_;
    if (number < category.indicators.size()) row.indicators.push_back(category.indicators[number]);
  }
}

void OneHot::observe_one(Row& row) {
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    const std::string_view text = row.texts[texts_[i]];
    if (text.data() == nullptr) continue;
    Category& category = categories_[i];
    const auto known = category.texts.find(text);
    std::size_t number = max_;
    if (known)
      number = *known;
    else if (category.texts.size() < max_)
      number = category.texts.add(text);
    if (number == category.indicators.size())
      category.indicators.push_back(static_cast<std::uint32_t>(first_ + used_++));
    row.indicators.push_back(category.indicators[number]);
  }
}

void OneHot::state(StateVisitor& visit) {
  visit.version("one_hot", 1);
  visit(used_);
  for (Category& category : categories_) {
    visit(category);
    const std::size_t texts = category.texts.size();
    const std::size_t indicators = category.indicators.size();
    const std::size_t end = first_ + categories_.size() * (max_ + 1);
    if (texts > max_ || (indicators != texts && (texts != max_ || indicators != max_ + 1)) ||
        std::ranges::any_of(category.indicators, [&](auto i) { return i < first_ || i >= end; }))
      throw StateError("one_hot: the state is of different columns");
  }
}

namespace {

class OneHotSpec final : public TransformerSpec {
 public:
  void describe(OptionVisitor& option) override { options_.describe(option); }
  void bind(Columns& columns, Mistakes& mistakes) override {
    const auto texts = select_columns(columns, options_.fields, {FeatureKind::text}, mistakes);
    texts_ = indexes(texts);
    first_ = columns.indicators;
    columns.indicators += texts.size() * (options_.max + 1);
    for (const FeatureColumn& text : texts)
      columns.named.erase(std::ranges::find(columns.named, text.name, &FeatureColumn::name));
  }
  std::unique_ptr<Transformer> make() const override {
    return std::make_unique<OneHot>(options_, texts_, first_);
  }

 private:
  OneHot::Options options_;
  std::vector<std::size_t> texts_;
  std::size_t first_ = 0;
};

}  // namespace

std::unique_ptr<TransformerSpec> make_one_hot_spec() { return std::make_unique<OneHotSpec>(); }

}  // namespace weir
