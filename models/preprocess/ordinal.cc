#include "models/preprocess/ordinal.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "pipeline/core/bounded_text.h"

namespace weir {

void Ordinal::Options::describe(OptionVisitor& option) {
  option("max", max, {.doc = "most texts numbered per column; others are 0", .min = 1, .max = 1e7});
  option("unknown", unknown,
         {.doc = "a text not learned yet is 0, or the number it will get", .choices = "zero|next"});
  option("fields", fields, {.doc = "columns to encode; default: every text"});
}

Ordinal::Ordinal(const Options& options, std::vector<std::size_t> texts, std::size_t first,
                 std::vector<std::string> names)
    : max_(options.max),
      numbers_unknown_(options.unknown == "next"),
      texts_(std::move(texts)),
      first_(first),
      names_(std::move(names)),
      codes_(texts_.size()),
      others_(texts_.size()) {}

double Ordinal::code(const TextIndex& codes, std::string_view text) const {
  if (text.data() == nullptr) return -1;
  if (const auto number = codes.find(BoundedText(text).view())) return *number + 1.0;
  return numbers_unknown_ && codes.size() < max_ ? static_cast<double>(codes.size()) + 1 : 0;
}

void Ordinal::transform_one(Row& row) const {
  for (std::size_t i = 0; i < texts_.size(); ++i)
    row.numbers[first_ + i] = code(codes_[i], row.texts[texts_[i]]);
}

void Ordinal::observe_one(Row& row) {
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    const std::string_view text = row.texts[texts_[i]];
    if (text.data() == nullptr) continue;
    TextIndex& codes = codes_[i];
    const BoundedText kept(text);
    if (codes.size() < max_) codes.add(kept.view());
    others_[i].add(codes.size() == max_ && !codes.find(kept.view()));
  }
  transform_one(row);
}

void Ordinal::report(Reporter& report) const {
  for (std::size_t i = 0; i < names_.size(); ++i)
    if (const double share = others_[i].value(); !std::isnan(share))
      report(metric::feature_other_ratio, {"field", names_[i]}, share);
}

void Ordinal::state(StateVisitor& visit) {
  visit.version("ordinal", 2);
  for (TextIndex& codes : codes_) visit(codes);
  for (RecentShare& share : others_) visit(share);
}

namespace {

class OrdinalSpec final : public TransformerSpec {
 public:
  void describe(OptionVisitor& option) override { options_.describe(option); }
  std::vector<FeatureKind> kinds() const override { return {FeatureKind::text}; }
  std::vector<FeatureColumn> bind(Columns& columns, Mistakes& mistakes) override {
    auto texts = select_columns(columns, options_.fields, kinds(), mistakes);
    texts_ = indexes(texts);
    first_ = columns.numbers;
    names_.clear();
    for (const FeatureColumn& text : texts) {
      names_.push_back(text.name);
      auto column = std::ranges::find(columns.named, text.name, &FeatureColumn::name);
      *column = {.name = text.name, .kind = FeatureKind::number, .index = columns.numbers++};
    }
    return texts;
  }
  std::unique_ptr<Transformer> make() const override {
    return std::make_unique<Ordinal>(options_, texts_, first_, names_);
  }

 private:
  Ordinal::Options options_;
  std::vector<std::size_t> texts_;
  std::vector<std::string> names_;
  std::size_t first_ = 0;
};

}  // namespace

std::unique_ptr<TransformerSpec> make_ordinal_spec() { return std::make_unique<OrdinalSpec>(); }

}  // namespace weir
