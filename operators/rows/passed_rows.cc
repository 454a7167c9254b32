#include "operators/rows/passed_rows.h"

#include <cstddef>
#include <string_view>

namespace weir {
namespace {

template <class T>
const T* gathered(const T* values, std::span<const std::uint32_t> rows, Arena& arena) {
  const std::span<T> out = arena.make<T>(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) out[i] = values[rows[i]];
  return out.data();
}

}  // namespace

void pass_rows(const Batch& in, std::span<const std::uint32_t> kept,
               const std::vector<bool>& needed, Arena& arena, Batch& out) {
  out.rows = static_cast<std::uint32_t>(kept.size());
  if (kept.size() == in.rows) {
    out.positions = in.positions;
    out.columns = in.columns;
    return;
  }
  out.positions = gathered(in.positions, kept, arena);
  const std::span<Column> columns = arena.make<Column>(needed.size());
  for (std::size_t field = 0; field < needed.size(); ++field) {
    columns[field] = {};
    if (!needed[field] || !in.columns[field]) continue;
    if (in.schema->fields[field].type == Type::text)
      columns[field] = gathered(in.columns[field].texts(), kept, arena);
    else
      columns[field] = gathered(in.columns[field].numbers(), kept, arena);
  }
  out.columns = columns.data();
}

}  // namespace weir
