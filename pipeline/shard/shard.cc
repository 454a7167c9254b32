#include "pipeline/shard/shard.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <chrono>

#include "pipeline/core/check.h"
#include "pipeline/core/time_text.h"

namespace weir {
namespace {

// A step of large records ends here, however few they are.
constexpr std::size_t kStepBytes = 8 << 20;

// A dead letter keeps this much of the original.
constexpr std::size_t kDeadLetterBytes = 256 * 1024;

// For the header `weir-bytes` and the framing of a record.
constexpr std::size_t kHeaderRoom = 64;

std::uint64_t seed_of(const Graph& graph, const Node& node, std::uint32_t shard) {
  const std::string text = fmt::format("{}/{}/{}", graph.pipeline, node.name, shard);
  return XXH3_64bits(text.data(), text.size());
}

}  // namespace

Shard::Shard(const Graph& graph, Settings settings)
    : graph_(graph),
      settings_(std::move(settings)),
      clock_(lateness()),
      sources_(graph.sources.size()),
      counts_(graph.nodes.size()),
      streams_(graph.streams.size()),
      parts_(graph.parts_by_name()) {
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    FormatSpec* format = s < settings_.formats.size() && settings_.formats[s] != nullptr
                             ? settings_.formats[s]
                             : graph.sources[s].config->format.get();
    sources_[s].decoder = format->decoder(graph.sources[s].fields);
    sources_[s].columns.resize(graph.sources[s].fields.size());
    sources_[s].read.resize(graph.sources[s].fields.size());
  }
  for (const Node& node : graph.nodes) operators_.push_back(make(node));
  outputs_.reserve(graph.sinks.size());
  for (std::size_t i = 0; i < graph.sinks.size(); ++i)
    outputs_.emplace_back(graph, graph.sinks[i], static_cast<std::uint32_t>(i),
                          settings_.partitions[i]);
  for (std::size_t i = 0; i < streams_.size(); ++i) streams_[i].schema = &graph.streams[i].schema;
}

Shard::~Shard() = default;

/// Of each lane, ms.
std::vector<std::int64_t> Shard::lateness() const {
  std::vector<std::int64_t> ms;
  for (const Lane& lane : settings_.lanes)
    ms.push_back(graph_.sources[lane.source].config->lateness.ms);
  return ms;
}

std::unique_ptr<Operator> Shard::make(const Node& node) const {
  Placement placement;
  placement.shard = settings_.shard;
  placement.seed = seed_of(graph_, node, settings_.shard);
  placement.fingerprint = node.fingerprint;
  for (const std::size_t stream : node.outputs)
    placement.needed.push_back(graph_.streams[stream].needed);
  return node.plan->make(placement);
}

std::string Shard::head(std::size_t source, std::string_view line) {
  return sources_[source].decoder->head(line);
}

void Shard::open(std::size_t source) {
  Intake& in = sources_[source];
  const std::vector<FieldSpec>& fields = graph_.sources[source].fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!fields[i].read) continue;
    if (fields[i].field.type == Type::text)
      in.columns[i] = step_.arena.make<std::string_view>(settings_.batch_rows).data();
    else
      in.columns[i] = step_.arena.make<double>(settings_.batch_rows).data();
  }
  in.positions = step_.arena.make<std::uint32_t>(settings_.batch_rows);
  in.rows = 0;
  in.open = true;
}

bool Shard::add(std::size_t lane, const Record& record) {
  const auto [source, partition] = settings_.lanes[lane];
  Intake& in = sources_[source];
  const SourceNode& node = graph_.sources[source];
  if (!in.open) open(source);
  const std::size_t before = step_.arena.handed_out();
  bool good = in.decoder->decode(record, step_.arena, in.columns, in.rows, bad_);
  step_bytes_ += step_.arena.handed_out() - before;
  std::int64_t event_time = record.timestamp;
  if (good && !node.time_field && !is_time(static_cast<double>(event_time))) {
    bad_.reason = Reason::time;
    bad_.field.clear();
    bad_.text =
        fmt::format("the record's timestamp {} is outside the years 1900 to 2200", event_time);
    good = false;
  }
  if (good && node.time_field) {
    event_time = static_cast<std::int64_t>(in.columns[*node.time_field].numbers()[in.rows]);
    // -1: the record has none. The highest there is plus `ahead` would be none either.
    if (settings_.check_ahead && node.config->spec->timed() && record.timestamp >= 0 &&
        event_time - node.config->ahead.ms > record.timestamp) {
      bad_.reason = Reason::time_ahead;
      bad_.field = node.fields[*node.time_field].field.name;
      bad_.text = fmt::format("{} ms is {} ms after the record's own timestamp", event_time,
                              event_time - record.timestamp);
      good = false;
    }
  }
  if (!good) {
    ++in.counts.bad;
    dead_letter(source, partition, record, bad_);
    place(source, kNoTime, false);
    return false;
  }
  const bool late = event_time < clock_.watermark();
  clock_.row(lane, event_time);
  in.positions[in.rows++] = step_.size();
  ++in.counts.rows;
  in.counts.late += late;
  place(source, event_time, late);
  return true;
}

void Shard::skip(std::size_t lane, const Record& record) {
  const auto [source, partition] = settings_.lanes[lane];
  BadRecord bad;
  bad.reason = Reason::poison;
  bad.text = "the process crashed whenever this record was processed";
  ++sources_[source].counts.bad;
  dead_letter(source, partition, record, bad);
  place(source, kNoTime, false);
}

void Shard::place(std::size_t source, std::int64_t event_time, bool late) {
  step_.source.push_back(static_cast<std::uint16_t>(source));
  step_.event_time.push_back(event_time);
  step_.watermark.push_back(clock_.watermark());
  step_.late.push_back(late);
  ++sequence_;
  if (step_.size() == settings_.batch_rows || step_bytes_ >= kStepBytes) flush();
}

void Shard::idle(std::size_t lane) {
  clock_.idle(lane);
  place(Step::kTick, kNoTime, false);
}

void Shard::ended(std::size_t lane) { clock_.idle(lane); }

void Shard::tick(std::int64_t watermark) {
  clock_.tick(watermark);
  place(Step::kTick, kNoTime, false);
}

bool Shard::command(std::string_view name_of_operator, std::string_view name) {
  flush();
  const auto node = std::ranges::find(graph_.nodes, name_of_operator, &Node::name);
  const bool done =
      node != graph_.nodes.end() &&
      operators_[static_cast<std::size_t>(node - graph_.nodes.begin())]->command(name);
  place(Step::kTick, kNoTime, false);
  return done;
}

void Shard::dead_letter(std::size_t source, std::int32_t partition, const Record& record,
                        const BadRecord& bad) {
  ++dead_letters_[static_cast<std::size_t>(bad.reason)];
  const std::string error =
      bad.field.empty() ? fmt::format("{}: {}", reason_name(bad.reason), bad.text)
                        : fmt::format("{}: {}: {}", reason_name(bad.reason), bad.field, bad.text);
  const std::string at_partition = std::to_string(partition);
  const std::string at_offset = std::to_string(record.offset);
  std::vector<Header> headers = {{"weir-error", error},
                                 {"weir-source-topic", settings_.origins[source]},
                                 {"weir-source-partition", at_partition},
                                 {"weir-source-offset", at_offset}};
  const std::int32_t partitions = settings_.partitions.back();
  send_dead_letter(
      partition % partitions, record.has_key ? std::optional(record.key) : std::nullopt,
      record.has_value ? std::optional(record.value) : std::nullopt, std::move(headers));
}

/// Cuts what the log would not take.
void Shard::send_dead_letter(std::int32_t partition, std::optional<std::string_view> key,
                             std::optional<std::string_view> value, std::vector<Header> headers) {
  std::size_t used = kHeaderRoom;
  for (const Header& header : headers) used += header.name.size() + header.value.size() + 8;
  std::size_t room = record_bytes_ > used ? record_bytes_ - used : 0;
  if (key) key = key->substr(0, std::min(room / 2, kDeadLetterBytes));
  if (key) room -= key->size();
  room = std::min(room, kDeadLetterBytes);
  const std::string size = std::to_string(value ? value->size() : 0);
  if (value && value->size() > room) {
    value = value->substr(0, room);
    headers.push_back({"weir-bytes", size});
  }
  outbox_->add(static_cast<std::uint32_t>(outputs_.size()), partition, key, value, headers);
}

void Shard::flush() {
  if (step_.size() == 0) return;
  step_.first_sequence = sequence_ - step_.size();
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    Intake& in = sources_[s];
    Batch& batch = streams_[s];
    batch.rows = in.open ? in.rows : 0;
    batch.positions = in.positions.data();
    for (std::size_t i = 0; i < in.columns.size(); ++i) in.read[i] = in.columns[i].filled();
    batch.columns = in.read.data();
  }
  for (std::size_t node = 0; node < operators_.size(); ++node) run_node(node);
  for (Output& output : outputs_)
    output.write(step_, streams_, *outbox_, record_bytes_, this,
                 [](void* self, std::string_view key, std::string_view value) {
                   auto& shard = *static_cast<Shard*>(self);
                   ++shard.dead_letters_[static_cast<std::size_t>(Reason::output_too_large)];
                   shard.send_dead_letter(0, key.empty() ? std::nullopt : std::optional(key), value,
                                          {{"weir-error",
                                            "output_too_large: the row exceeds the "
                                            "size limit of a record"}});
                 });
  step_.clear(sequence_);
  step_bytes_ = 0;
  for (Intake& in : sources_) in.open = false;
}

void Shard::run_node(std::size_t index) {
  const Node& node = graph_.nodes[index];
  OperatorCounts& counts = counts_[index];
  const auto start = std::chrono::steady_clock::now();  // for the metric only
  ports_.clear();
  for (const std::size_t stream : node.inputs) {
    ports_.push_back(streams_[stream]);
    counts.rows_in += streams_[stream].rows;
  }
  if (!ports_.empty())
    for (std::uint32_t row = 0; row < ports_[0].rows; ++row)
      counts.late += step_.late[ports_[0].positions[row]];
  results_.clear();
  for (const std::size_t stream : node.outputs) {
    Batch empty;
    empty.schema = &graph_.streams[stream].schema;
    results_.push_back(empty);
  }
  operators_[index]->process(step_, ports_, results_);
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    streams_[node.outputs[i]] = results_[i];
    counts.rows_out += results_[i].rows;
  }
  counts.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::optional<std::int64_t> Shard::next_timer() const {
  std::optional<std::int64_t> next;
  for (const auto& node : operators_)
    if (const auto timer = node->next_timer(); timer && (!next || *timer < *next)) next = timer;
  return next;
}

}  // namespace weir
