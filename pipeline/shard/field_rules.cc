#include "pipeline/shard/field_rules.h"

#include "pipeline/core/identity.h"
#include "pipeline/core/number_text.h"

namespace weir {

FieldRules::FieldRules(const std::vector<FieldSpec>& fields) : fields_(fields) {
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (fields[i].identity) identities_.push_back(i);
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
  return true;
}

}  // namespace weir
