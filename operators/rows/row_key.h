#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/batch.h"
#include "pipeline/core/operator.h"

namespace weir {

/// The `key:` of an operator: makes bytes of a row's key fields so that different keys have
/// different bytes. One text is its own bytes; in a list each text is preceded by its length,
/// anything else is eight bytes. A text of more than 256 bytes is a hash of it (BoundedText). No
/// field: the empty key, one for all rows.
class RowKey {
 public:
  /// Looks the fields up in the port's schema; they say whose a row is (Binding::identify).
  static RowKey bind(Binding& binding, std::size_t port, const std::vector<Written>& names);

  /// The key of a row, valid until the next call; nothing when a part of it is missing, or an
  /// ambiguous number.
  std::optional<std::string_view> of(const Batch& batch, std::size_t row);

  const std::vector<std::size_t>& fields() const { return fields_; }

 private:
  std::vector<std::size_t> fields_;
  std::string bytes_;
};

}  // namespace weir
