#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pipeline/core/batch.h"
#include "pipeline/core/record.h"
#include "pipeline/graph/graph.h"

namespace weir {

/// Whose a row is: its record's key, else the fields of the source's `key:`.
class SourceKey {
 public:
  explicit SourceKey(const SourceNode& source);

  /// Whether `of` reads this field of the source.
  bool reads(std::size_t field) const;
  /// The key's hash; nothing if the row has none. `columns` are those of the source's fields.
  std::optional<std::uint64_t> of(const Record& record, std::span<const MutableColumn> columns,
                                  std::uint32_t row) const;

 private:
  struct Field {
    std::size_t index = 0;
    bool text = false;
  };
  std::vector<Field> fields_;
};

}  // namespace weir
