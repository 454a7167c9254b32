#include "pipeline/shard/shard.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <chrono>

#include "pipeline/core/check.h"

namespace weir {
namespace {

// A step of large records ends here, however few they are.
constexpr std::size_t kStepBytes = 8 << 20;

std::uint64_t seed_of(const Graph& graph, const Node& node, std::uint32_t shard) {
  const std::string text = fmt::format("{}/{}/{}", graph.pipeline, node.name, shard);
  return XXH3_64bits(text.data(), text.size());
}

}  // namespace

Shard::Shard(const Graph& graph, Settings settings)
    : graph_(graph),
      settings_(std::move(settings)),
      clock_(lateness()),
      believed_(limits(), sources_of_lanes()),
      headers_(graph),
      counts_(graph.nodes.size()),
      streams_(graph.streams.size()),
      parts_(graph.parts_by_name()),
      dead_letters_({static_cast<std::uint32_t>(graph.sinks.size()), settings_.partitions.back(),
                     settings_.origins}) {
  sources_.reserve(graph.sources.size());
  for (std::size_t s = 0; s < graph.sources.size(); ++s) {
    FormatSpec* format = s < settings_.formats.size() && settings_.formats[s] != nullptr
                             ? settings_.formats[s]
                             : graph.sources[s].config->format.get();
    sources_.emplace_back(graph.sources[s], *format, settings_.batch_rows, settings_.check_ahead);
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

std::vector<BelievedTime::Limits> Shard::limits() const {
  std::vector<BelievedTime::Limits> limits;
  for (const SourceNode& source : graph_.sources)
    limits.push_back({source.config->ahead.ms, source.config->confirm});
  return limits;
}

std::vector<std::size_t> Shard::sources_of_lanes() const {
  std::vector<std::size_t> sources;
  for (const Lane& lane : settings_.lanes) sources.push_back(lane.source);
  return sources;
}

std::unique_ptr<Operator> Shard::make(const Node& node) const {
  Placement placement;
  placement.shard = settings_.shard;
  placement.seed = seed_of(graph_, node, settings_.shard);
  placement.fingerprint = node.fingerprint;
  for (const std::size_t stream : node.outputs)
    placement.needed.push_back(graph_.streams[stream].needed);
  for (const std::size_t stream : node.inputs) {
    std::vector<PortSource>& port = placement.sources.emplace_back();
    for (const std::size_t source : graph_.sources_of(stream))
      port.push_back({static_cast<std::uint16_t>(source), graph_.sources[source].name});
  }
  return node.plan->make(placement);
}

std::string Shard::head(std::size_t source, std::string_view line) {
  return sources_[source].head(line);
}

bool Shard::add(std::size_t lane, const Record& record) {
  const auto [source, partition] = settings_.lanes[lane];
  Intake& intake = sources_[source];
  intake.open(step_.arena);
  const std::size_t before = step_.arena.handed_out();
  const std::optional<std::int64_t> own = intake.decode(record, step_.arena, bad_);
  if (own) headers_.keep(source, step_.size(), record, step_.arena);
  step_bytes_ += step_.arena.handed_out() - before;
  if (!own) {
    lose(lane, record, bad_);
    return false;
  }
  const bool late = *own < clock_.watermark();  // a far row never is
  std::int64_t event_time = *own;
  if (believed_.take(lane, event_time)) {
    if (believed_.wants_key(lane)) believed_.note(lane, intake.key_of(record));
    clock_.row(lane, event_time);
  } else {
    event_time = believed_.judge(lane, event_time, intake.key_of(record), clock_);
  }
  intake.keep(step_.size(), late);
  place(source, event_time, late);
  return true;
}

void Shard::skip(std::size_t lane, const Record& record) {
  BadRecord bad;
  bad.reason = Reason::poison;
  bad.text = "the process crashed whenever this record was processed";
  lose(lane, record, bad);
}

void Shard::lose(std::size_t lane, const Record& record, const BadRecord& bad) {
  const auto [source, partition] = settings_.lanes[lane];
  sources_[source].lose();
  dead_letters_.add(source, partition, record, bad);
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
  believed_.idle(lane, clock_);
  place(Step::kTick, kNoTime, false);
}

void Shard::ended(std::size_t lane) {
  const std::int64_t before = clock_.watermark();
  clock_.idle(lane);
  if (believed_.idle(lane, clock_) && clock_.watermark() != before)
    place(Step::kTick, kNoTime, false);
}

void Shard::merged(std::size_t lane, std::int64_t event_time) {
  if (believed_.merged(lane, event_time)) clock_.merged(event_time);
}

void Shard::tick(std::int64_t watermark) {
  clock_.tick(watermark);
  believed_.tick(watermark);
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

void Shard::flush() {
  if (step_.size() == 0) return;
  step_.first_sequence = sequence_ - step_.size();
  for (std::size_t s = 0; s < sources_.size(); ++s) sources_[s].give(streams_[s]);
  for (std::size_t node = 0; node < operators_.size(); ++node) run_node(node);
  for (Output& output : outputs_)
    for (const Output::TooLarge& row :
         output.write({step_, headers_, *outbox_, dead_letters_.record_bytes()}, streams_))
      dead_letters_.add_row(row.key, row.value);
  headers_.clear();
  step_.clear(sequence_);
  step_bytes_ = 0;
  for (Intake& intake : sources_) intake.close();
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
    if (i == 0) counts.served += results_[i].rows;
  }
  counts.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void Shard::drained() {
  check(step_.size() == 0, "time has passed between steps");
  for (const auto& node : operators_) node->drained();
}

std::optional<std::int64_t> Shard::next_timer() const {
  std::optional<std::int64_t> next;
  for (const auto& node : operators_)
    if (const auto timer = node->next_timer(); timer && (!next || *timer < *next)) next = timer;
  return next;
}

}  // namespace weir
