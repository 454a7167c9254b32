#include "operators/rows/row_key.h"

#include <algorithm>
#include <cstdint>

#include "pipeline/core/bounded_text.h"
#include "pipeline/core/identity.h"

namespace weir {
namespace {

template <class T>
void append(std::string& bytes, const T& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

RowKey RowKey::bind(Binding& binding, std::size_t port, const std::vector<Written>& names) {
  RowKey key;
  for (const Written& name : names) {
    const std::optional<std::size_t> field = binding.field(port, name);
    if (!field) continue;
    if (std::find(key.fields_.begin(), key.fields_.end(), *field) != key.fields_.end())
      binding.error(name.place, "`" + name.text + "` is listed twice in the key");
    binding.identify(port, *field, name);
    key.fields_.push_back(*field);
  }
  return key;
}

std::optional<std::string_view> RowKey::of(const Batch& batch, std::size_t row) {
  const auto is_text = [&](std::size_t field) {
    return batch.schema->fields[field].type == Type::text;
  };
  if (fields_.size() == 1 && is_text(fields_[0])) {
    const std::string_view text = batch.text(fields_[0], row);
    if (is_missing(text)) return std::nullopt;
    if (text.size() <= BoundedText::kLongest) return text;
    return bytes_ = BoundedText(text).view();
  }
  bytes_.clear();
  for (std::size_t field : fields_) {
    if (is_text(field)) {
      const std::string_view text = batch.text(field, row);
      if (is_missing(text)) return std::nullopt;
      const BoundedText kept(text);
      append(bytes_, static_cast<std::uint64_t>(kept.view().size()));
      bytes_ += kept.view();
      continue;
    }
    const double number = batch.number(field, row);
    if (is_missing(number) || is_ambiguous(number)) return std::nullopt;
    append(bytes_, number == 0 ? 0.0 : number);  // -0 is 0
  }
  return bytes_;
}

}  // namespace weir
