#include "pipeline/shard/field_rules.h"

#include <algorithm>
#include <string_view>

#include "pipeline/core/bounded_text.h"
#include "pipeline/core/identity.h"
#include "pipeline/core/number_text.h"

namespace weir {
namespace {

constexpr std::size_t kShownBytes = 60;  // of a label that is too long to be one

}  // namespace

FieldRules::FieldRules(const std::vector<FieldSpec>& fields) : fields_(fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].identity) identities_.push_back(i);
    if (fields[i].classes) labels_.push_back(i);
  }
}

bool FieldRules::hold(std::span<const MutableColumn> columns, std::size_t row,
                      BadRecord& bad) const {
  for (const std::size_t field : identities_) {
    const double number = columns[field].numbers()[row];
    if (!is_ambiguous(number)) continue;
    bad.reason = Reason::range;
    bad.field = fields_[field].field.name;
    bad.text.clear();
    append_number(bad.text, number);
    bad.text += " is beyond 2^53, where different numbers become one: declare the field `text`";
    return false;
  }
  for (const std::size_t field : labels_) {
    const std::string_view label = columns[field].texts()[row];
    if (is_missing(label) || std::ranges::binary_search(*fields_[field].classes, label)) continue;
    bad.reason = Reason::label_class;
    bad.field = fields_[field].field.name;
    bad.text = cut_text(label, kShownBytes);
    bad.text += " is not one of `classes`";
    return false;
  }
  return true;
}

}  // namespace weir
