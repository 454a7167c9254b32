#include "pipeline/engine/shard.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <chrono>

#include "pipeline/core/check.h"

namespace weir {
namespace {

// A dead letter keeps this much of the original.
constexpr std::size_t kDeadLetterBytes = 256 * 1024;

// For the header `weir-bytes` and the framing of a record.
constexpr std::size_t kHeaderRoom = 64;
// Event times, ms: years 1900 to 2200.
constexpr std::int64_t kFirstTime = -2'208'988'800'000;
constexpr std::int64_t kEndOfTime = 7'258'118'400'000;

std::vector<std::int64_t> lateness(const Graph& graph, const std::vector<Lane>& lanes) {
  std::vector<std::int64_t> ms;
  for (const Lane& lane : lanes) ms.push_back(graph.sources[lane.source].config->lateness.ms);
  return ms;
}

std::uint64_t seed_of(const Graph& graph, const Node& node, std::uint32_t shard) {
  const std::string text = fmt::format("{}/{}/{}", graph.pipeline, node.name, shard);
  return XXH3_64bits(text.data(), text.size());
}

}  // namespace

Shard::Shard(const Graph& graph, Settings settings)
    : graph_(graph),
      settings_(std::move(settings)),
      clock_(lateness(graph, settings_.lanes)),
      sources_(graph.sources.size()),
      counts_(graph.nodes.size()),
      streams_(graph.streams.size()),
      by_name_(graph.by_name()) {
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

std::unique_ptr<Operator> Shard::make(const Node& node) const {
  Placement placement;
  placement.shard = settings_.shard;
  placement.seed = seed_of(graph_, node, settings_.shard);
  placement.fingerprint = node.fingerprint;
  for (const std::size_t stream : node.outputs)
    placement.needed.push_back(graph_.streams[stream].needed);
  return node.spec->make(placement);
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
      in.columns[i].texts = step_.arena.make<std::string_view>(settings_.batch_rows).data();
    else
      in.columns[i].numbers = step_.arena.make<double>(settings_.batch_rows).data();
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
  bool good = in.decoder->decode(record, step_.arena, in.columns, in.rows, bad_);
  std::int64_t event_time = record.timestamp;
  if (good && !node.time_field && (event_time < kFirstTime || event_time >= kEndOfTime)) {
    bad_.reason = Reason::time;
    bad_.field.clear();
    bad_.text =
        fmt::format("the record's timestamp {} is outside the years 1900 to 2200", event_time);
    good = false;
  }
  if (good && node.time_field) {
    event_time = static_cast<std::int64_t>(in.columns[*node.time_field].numbers[in.rows]);
    if (settings_.check_ahead && node.config->spec->timed() &&
        event_time > record.timestamp + node.config->ahead.ms) {
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
  bad.text = "the process ended whenever this record was processed";
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
  if (step_.size() == settings_.batch_rows) flush();
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
    for (std::size_t i = 0; i < in.columns.size(); ++i)
      in.read[i].numbers = in.columns[i].numbers;  // a union of pointers: either member
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
                                            "output_too_large: the row is over the "
                                            "size limit of a record"}});
                 });
  step_.clear(sequence_);
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

std::uint64_t Shard::output_hash() const {
  std::uint64_t hash = 0;
  for (const Output& output : outputs_) {
    const std::uint64_t one = output.hash();
    hash = XXH3_64bits_withSeed(&one, sizeof one, hash);
  }
  return hash;
}

std::uint64_t Shard::state_hash() {
  check(step_.size() == 0, "the state is hashed between steps");
  StateHasher hasher;
  for (const std::size_t node : by_name_) operators_[node]->state(hasher);
  clock_.state(hasher);
  hasher(sequence_);
  return hasher.hash();
}

std::vector<StateSection> Shard::save(SealedSink* sink, std::size_t most) {
  check(step_.size() == 0, "the state is visited between steps");
  std::vector<StateSection> sections(1);
  StateWriter own(sections[0].bytes);
  save_own(own);
  for (const std::size_t node : by_name_) {
    sections.push_back({graph_.nodes[node].name, graph_.nodes[node].fingerprint, {}, {}});
    StateSection& section = sections.back();
    StateWriter writer = sink != nullptr ? StateWriter(section.bytes, *sink, section.sealed, most)
                                         : StateWriter(section.bytes);
    operators_[node]->state(writer);
    most -= std::min(most, section.bytes.size());
  }
  return sections;
}

std::vector<SealedBytes> Shard::sealed(SealedSink& sink) {
  struct Collect final : SealedSink {
    explicit Collect(SealedSink& to) : sink(to) {}
    void settle(SealedBytes& part) override {
      if (part.empty()) return;
      sink.settle(part);
      parts.push_back(part);
    }
    SealedSink& sink;
    std::vector<SealedBytes> parts;
  } collect(sink);
  for (const auto& one : operators_) one->sealed(collect);
  return std::move(collect.parts);
}

std::vector<std::string> Shard::load(std::span<const StateSection> sections,
                                     std::span<const std::string> reset, bool any_logic) {
  check(sequence_ == 0, "a state is loaded first");
  std::vector<bool> warm(operators_.size());
  for (const StateSection& section : sections) {
    if (section.name.empty()) {
      StateReader reader(section.bytes);
      load_own(reader);
      if (reader.left() != 0) throw StateError("the shard's own state is longer than expected");
      continue;
    }
    const auto node = std::ranges::find(graph_.nodes, section.name, &Node::name);
    if (node == graph_.nodes.end() || std::ranges::find(reset, section.name) != reset.end())
      continue;
    const auto index = static_cast<std::size_t>(node - graph_.nodes.begin());
    warm[index] = load_operator(index, section, any_logic);
  }
  std::vector<std::string> cold;
  for (const std::size_t node : by_name_)
    if (!warm[node]) cold.push_back(graph_.nodes[node].name);
  return cold;
}

bool Shard::load_operator(std::size_t index, const StateSection& section, bool any_logic) {
  const Node& node = graph_.nodes[index];
  if (node.fingerprint != section.fingerprint && !any_logic) return false;
  try {
    StateReader reader(section.bytes, section.sealed);
    operators_[index]->state(reader);
    if (reader.left() != 0)
      throw StateError("the state of `" + section.name + "` is longer than this program reads");
    return true;
  } catch (const StateError&) {
    if (node.fingerprint == section.fingerprint) throw;
    operators_[index] = make(node);
    return false;
  }
}

// Everything in it has a name, so that another pipeline takes from it what it knows.
void Shard::save_own(StateVisitor& visit) {
  visit.version("shard", 2);
  visit(sequence_, dead_letters_);
  visit.count(settings_.lanes.size(), 1);
  for (Lane& lane : settings_.lanes) {
    std::string source = graph_.sources[lane.source].name;
    visit(source, lane.partition);
  }
  clock_.state(visit);
  visit.count(outputs_.size(), 1);
  for (Output& output : outputs_) {
    std::string name = output.sink().name;
    visit(name);
    output.state(visit);
  }
  visit.count(sources_.size(), 1);
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    std::string name = graph_.sources[i].name;
    Counts& counts = sources_[i].counts;
    visit(name, counts.rows, counts.bad, counts.late);
  }
  visit.count(counts_.size(), 1);
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    std::string name = graph_.nodes[i].name;
    visit(name, counts_[i].rows_in, counts_[i].rows_out, counts_[i].late);
  }
}

void Shard::load_own(StateVisitor& visit) {
  visit.version("shard", 2);
  visit(sequence_, dead_letters_);
  step_.clear(sequence_);
  std::size_t n = visit.count(0, 1);
  std::vector<std::size_t> from(settings_.lanes.size(), EventClock::kNoLane);
  for (std::size_t i = 0; i < n; ++i) {
    std::string source;
    std::int32_t partition = 0;
    visit(source, partition);
    for (std::size_t lane = 0; lane < from.size(); ++lane)
      if (graph_.sources[settings_.lanes[lane].source].name == source &&
          settings_.lanes[lane].partition == partition)
        from[lane] = i;
  }
  EventClock clock(n == from.size() ? lateness(graph_, settings_.lanes)
                                    : std::vector<std::int64_t>(n));
  clock.state(visit);
  clock_.carry(clock, from);
  n = visit.count(0, 1);
  for (std::string name; n > 0; --n) {
    std::uint64_t hash = 0, rows = 0;
    visit(name, hash, rows);
    for (Output& output : outputs_)
      if (output.sink().name == name) output.carry(hash, rows);
  }
  n = visit.count(0, 1);
  for (std::string name; n > 0; --n) {
    Counts counts;
    visit(name, counts.rows, counts.bad, counts.late);
    for (std::size_t i = 0; i < sources_.size(); ++i)
      if (graph_.sources[i].name == name) sources_[i].counts = counts;
  }
  n = visit.count(0, 1);
  for (std::string name; n > 0; --n) {
    OperatorCounts counts;
    visit(name, counts.rows_in, counts.rows_out, counts.late);
    for (std::size_t i = 0; i < counts_.size(); ++i)
      if (graph_.nodes[i].name == name) counts_[i] = counts;
  }
}

std::size_t Shard::state_bytes(std::size_t node) {
  StateSizer sizer;
  operators_[node]->state(sizer);
  return sizer.size();
}

}  // namespace weir
