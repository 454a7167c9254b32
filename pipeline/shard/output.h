#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipeline/core/log/log.h"
#include "pipeline/core/record.h"
#include "pipeline/core/state.h"
#include "pipeline/core/step.h"
#include "pipeline/graph/graph.h"
#include "pipeline/shard/passed_headers.h"

namespace weir {

/// Encodes what reaches one sink into an outbox, and keeps the sink's running hash: for each record
/// h = XXH3-64(value, seed XXH3-64(key, seed h)), so it depends on neither steps nor partitions.
/// Headers that are passed on come before: their bytes are hashed with seed h, if there are any.
class Output {
 public:
  /// `topic`: the sink's index in the outbox; `partitions`: those of its topic.
  Output(const Graph& graph, const SinkNode& sink, std::uint32_t topic, std::int32_t partitions);

  /// A row too large for a record.
  struct TooLarge {
    std::string key;
    std::string value;
  };

  /// What a row is written into.
  struct Writing {
    const Step& step;
    const PassedHeaders& headers;
    Outbox& outbox;
    std::size_t limit;  // of a record's key, value and headers in bytes
  };

  /// Writes the rows of all inputs in order of (position, input as written, row). Returns those
  /// whose key and value are over the limit, good until the next call; they are not written.
  std::span<const TooLarge> write(const Writing& to, std::span<const Batch> streams);

  std::uint64_t hash() const { return hash_; }
  /// Of those written.
  std::uint64_t rows() const { return rows_; }
  /// Rows whose headers were left out, since this shard was made.
  std::uint64_t headers_dropped() const { return headers_dropped_; }
  const SinkNode& sink() const { return *sink_; }
  const Encoder& encoder() const { return *encoders_[0]; }

  void state(StateVisitor& visit) { visit(hash_, rows_); }
  /// Continues after what a sink of this name has written already.
  void carry(std::uint64_t hash, std::uint64_t rows) {
    hash_ = hash;
    rows_ = rows;
  }

 private:
  void write_row(const Writing& to, const Batch& batch, std::size_t input, std::size_t row);

  const SinkNode* sink_;
  std::uint32_t topic_;
  std::int32_t partitions_;
  bool passes_headers_;
  std::vector<std::unique_ptr<Encoder>> encoders_;  // one an input
  std::vector<std::size_t> next_;                   // per input, while merging
  std::vector<TooLarge> too_large_;                 // of the last call
  std::uint64_t hash_ = 0;
  std::uint64_t rows_ = 0;
  std::uint64_t headers_dropped_ = 0;
};

}  // namespace weir
