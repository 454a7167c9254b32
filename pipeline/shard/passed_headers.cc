#include "pipeline/shard/passed_headers.h"

#include <algorithm>

namespace weir {

PassedHeaders::PassedHeaders(const Graph& graph) : wanted_(graph.sources.size()) {
  for (const SinkNode& sink : graph.sinks) {
    if (!sink.passes_headers()) continue;
    for (const std::size_t stream : sink.inputs)
      for (const std::size_t source : graph.sources_of(stream)) wanted_[source] = true;
  }
}

void PassedHeaders::copy(std::uint32_t position, std::span<const Header> headers, Arena& arena) {
  kept_.resize(position + std::size_t{1});
  std::size_t bytes = 0;
  for (const Header& header : headers) bytes += header.name.size() + header.value.size();
  if (headers.size() > kMost || bytes > kMostBytes) {
    kept_[position].too_many = true;
    return;
  }
  const std::span<Header> copies = arena.make<Header>(headers.size());
  std::ranges::transform(headers, copies.begin(), [&](const Header& header) {
    const bool null = header.value.data() == nullptr;
    return Header{arena.copy(header.name), null ? header.value : arena.copy(header.value)};
  });
  kept_[position].headers = copies;
}

}  // namespace weir
