#include "tests/faults/recorded_order.h"

#include <xxhash.h>

#include <optional>
#include <set>
#include <stdexcept>
#include <string_view>

#include "pipeline/epochs/epoch_record.h"
#include "tests/faults/violation.h"

namespace weir::simulation {
namespace {

using engine_test::AuditedShard;

bool is_event(const RecordedOrder::Row& row) {
  return row.value.find("\"kind\":\"event\"") != std::string::npos;
}

std::string id_of(std::string_view value) {
  const std::size_t at = value.find("\"id\":\"") + 6;
  return std::string(value.substr(at, value.find('"', at) - at));
}

}  // namespace

void RecordedOrder::verify(const Pipeline& pipeline) {
  AuditedShard(pipeline, layout_, world_).verify();
}

RecordedOrder::Audit RecordedOrder::audit(const Pipeline& pipeline, const Hashes& live) {
  AuditedShard again(pipeline, layout_, world_);
  Audit audit{.epochs = again.verify(), .missing = {}};
  require(again.hashes() == live, "a clean replay has another state or other outputs");
  AuditedShard outputs(pipeline, layout_, world_, {}, 0, true);
  try {
    outputs.verify();
  } catch (const LogFailure&) {
    throw;
  } catch (const std::runtime_error& error) {
    audit.missing = error.what();
  }
  return audit;
}

bool RecordedOrder::has_gap() {
  std::optional<std::uint64_t> last;
  for (const Entry& entry : entries("weir.small.epochs")) {
    const std::uint64_t epoch = EpochRecord::read(entry.value, {}).epoch;
    if (last && epoch != *last + 1) return true;
    last = epoch;
  }
  return false;
}

std::uint64_t RecordedOrder::output_hash(const Graph& graph) {
  std::uint64_t hash = 0;
  for (const SinkNode& sink : graph.sinks) {
    std::uint64_t one = 0;
    for (const Entry& entry : entries(sink.config->spec->topic()))
      one = XXH3_64bits_withSeed(entry.value.data(), entry.value.size(),
                                 XXH3_64bits_withSeed(entry.key.data(), entry.key.size(), one));
    hash = XXH3_64bits_withSeed(&one, sizeof one, hash);
  }
  return hash;
}

void RecordedOrder::check_scored_once(std::span<const Row> rows) {
  std::size_t events = 0;
  for (const Row& row : rows) events += is_event(row);
  const std::size_t scored = entries("all").size();
  require(scored == events,
          "of " + std::to_string(events) + " events " + std::to_string(scored) + " are scored");
}

void RecordedOrder::check_scored(std::span<const Row> rows) {
  std::set<std::string> events, scored;
  for (const Row& row : rows)
    if (is_event(row)) events.insert(id_of(row.value));
  for (const Entry& entry : entries("all")) scored.insert(id_of(entry.value));
  require(scored == events, "not every event is scored");
}

std::vector<RecordedOrder::Entry> RecordedOrder::entries(const std::string& topic) {
  const auto reader = log_.reader(topic);
  const PartitionOffset from{0, log_.offsets(topic, 0).first};
  Signal signal;
  reader->start({&from, 1}, signal);
  std::vector<Record> records;
  reader->fetch(0, SIZE_MAX, records);
  std::vector<Entry> all;
  for (const Record& record : records)
    all.push_back({std::string(record.key), std::string(record.value)});
  return all;
}

}  // namespace weir::simulation
