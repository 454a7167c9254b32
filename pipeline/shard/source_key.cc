#include "pipeline/shard/source_key.h"

#include <xxhash.h>

#include <algorithm>
#include <string_view>

namespace weir {

SourceKey::SourceKey(const SourceNode& source) {
  for (const Written& name : source.config->key)
    for (std::size_t i = 0; i < source.fields.size(); ++i)
      if (const FieldSpec& field = source.fields[i]; field.field.name == name.text)
        fields_.push_back({i, field.field.type == Type::text});
}

bool SourceKey::reads(std::size_t field) const {
  return std::ranges::find(fields_, field, &Field::index) != fields_.end();
}

std::optional<std::uint64_t> SourceKey::of(const Record& record,
                                           std::span<const MutableColumn> columns,
                                           std::uint32_t row) const {
  if (record.has_key) return XXH3_64bits(record.key.data(), record.key.size());
  if (fields_.empty()) return std::nullopt;
  std::uint64_t hash = 0;
  for (const Field& field : fields_) {
    const MutableColumn& column = columns[field.index];
    if (field.text) {
      const std::string_view text = column.texts()[row];
      hash = XXH3_64bits_withSeed(text.data(), text.size(), hash);
    } else {
      const double number = column.numbers()[row];
      hash = XXH3_64bits_withSeed(&number, sizeof number, hash);
    }
  }
  return hash;
}

}  // namespace weir
