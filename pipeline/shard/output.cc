#include "pipeline/shard/output.h"

#include <xxhash.h>

#include <limits>
#include <utility>

#include "pipeline/core/number_text.h"

namespace weir {
namespace {

// Keyless records stay in one partition for a while: larger batches on the wire.
constexpr std::uint64_t kSticky = 1024;

/// A key of several fields joins them by a unit separator; a missing field is empty.
bool append_key(const Batch& batch, std::span<const std::size_t> fields, std::size_t row,
                std::string& out) {
  bool any = false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out.push_back('\x1f');
    if (batch.schema->fields[fields[i]].type == Type::text) {
      const std::string_view text = batch.text(fields[i], row);
      any = any || !is_missing(text);
      out.append(text);
    } else {
      const double value = batch.number(fields[i], row);
      any = any || !is_missing(value);
      if (!is_missing(value)) append_number(out, value);
    }
  }
  return any;
}

}  // namespace

Output::Output(const Graph& graph, const SinkNode& sink, std::uint32_t topic,
               std::int32_t partitions)
    : sink_(&sink),
      topic_(topic),
      partitions_(partitions),
      passes_headers_(sink.passes_headers()),
      next_(sink.inputs.size()) {
  for (std::size_t i = 0; i < sink.inputs.size(); ++i)
    encoders_.push_back(
        sink.config->format->encoder(graph.streams[sink.inputs[i]].schema, sink.fields[i]));
}

std::span<const Output::TooLarge> Output::write(const Writing& to,
                                                std::span<const Batch> streams) {
  too_large_.clear();
  if (sink_->inputs.size() == 1) {
    const Batch& batch = streams[sink_->inputs[0]];
    for (std::size_t row = 0; row < batch.rows; ++row)
      write_row(to, batch, 0, row);
    return too_large_;
  }
  std::fill(next_.begin(), next_.end(), 0);
  for (;;) {
    std::size_t first = next_.size();
    std::uint32_t position = std::numeric_limits<std::uint32_t>::max();
    for (std::size_t i = 0; i < next_.size(); ++i) {
      const Batch& batch = streams[sink_->inputs[i]];
      if (next_[i] < batch.rows && batch.positions[next_[i]] < position) {
        first = i;
        position = batch.positions[next_[i]];
      }
    }
    if (first == next_.size()) return too_large_;
    write_row(to, streams[sink_->inputs[first]], first, next_[first]++);
  }
}

void Output::write_row(const Writing& to, const Batch& batch, std::size_t input,
                       std::size_t row) {
  std::string& bytes = to.outbox.bytes();
  const std::size_t at = bytes.size();
  PassedHeaders::OfRecord passed;
  if (passes_headers_) passed = to.headers.at(batch.positions[row]);
  std::size_t headers_size = to.outbox.append_headers(passed.headers);
  const bool has_key = append_key(batch, sink_->key[input], row, bytes);
  const std::size_t key_size = bytes.size() - at - headers_size;
  encoders_[input]->encode(batch, row, bytes);
  if (headers_size > 0 && bytes.size() - at > to.limit) {  // the row matters more
    bytes.erase(at, std::exchange(headers_size, 0));
    passed.too_many = true;
  }
  const std::string_view headers(bytes.data() + at, headers_size);
  const std::string_view key(headers.data() + headers_size, key_size);
  const std::string_view value(key.data() + key_size, bytes.size() - at - headers_size - key_size);
  if (headers_size > 0) hash_ = XXH3_64bits_withSeed(headers.data(), headers.size(), hash_);
  hash_ = XXH3_64bits_withSeed(value.data(), value.size(),
                               XXH3_64bits_withSeed(key.data(), key.size(), hash_));
  if (key.size() + value.size() > to.limit) {
    too_large_.push_back({std::string(key), std::string(value)});
    bytes.resize(at);
    return;
  }
  ++rows_;
  headers_dropped_ += passed.too_many;
  const std::uint64_t sequence = to.step.first_sequence + batch.positions[row];
  const std::int32_t partition =
      partitions_ == 1 ? 0
      : has_key
          ? partition_of_key(key, partitions_)
          : static_cast<std::int32_t>(sequence / kSticky % static_cast<std::uint64_t>(partitions_));
  to.outbox.close(topic_, partition, at, key_size, has_key, true, headers_size);
}

}  // namespace weir
