#include "pipeline/shard/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <stdexcept>

#include "pipeline/core/hash_text.h"
#include "pipeline/core/json.h"
#include "pipeline/core/metric_samples.h"

namespace weir {
namespace {

constexpr std::size_t kFetch = 4096;
constexpr std::size_t kOutboxBytes = 8 << 20;  // then it is written out
constexpr std::int64_t kTellEveryNs = 2'000'000'000;

std::int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

/// A finite number as such, anything else null.
Json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  if (value == std::floor(value) && std::abs(value) < 9e15) return static_cast<std::int64_t>(value);
  return value;
}

/// `weir_labels_total` -> `labels`.
std::string short_name(std::string_view metric) {
  metric.remove_prefix(std::min<std::size_t>(5, metric.size()));
  if (metric.ends_with("_total")) metric.remove_suffix(6);
  return std::string(metric);
}

/// An operator's figures as members of its object: quality under "metrics", others by their name
/// and label.
void add_samples(const MetricSamples& samples, Json& json) {
  for (const MetricSamples::Sample& sample : samples.all()) {
    if (!std::holds_alternative<double>(sample.value)) continue;
    if (sample.metric->name == metric::model_quality.name) {
      json["metrics"][std::string(sample.label("metric"))] = number(sample.number());
      continue;
    }
    const std::string name = short_name(sample.metric->name);
    if (sample.labels.empty())
      json[name] = number(sample.number());
    else
      json[name][sample.labels.back().second] = number(sample.number());
  }
}

}  // namespace

struct Replay::Head {
  std::vector<Record> buffer;
  std::size_t next = 0;
  bool ended = false;
  std::int64_t time = kNoTime;  // event time of the next record; of a bad one: the one before it
  // Decodes the time field alone.
  std::unique_ptr<Decoder> decoder;
  std::vector<double> cells;
  std::vector<MutableColumn> columns;
  Arena arena;
};

Replay::Replay(const Graph& graph, std::vector<Input> inputs,
               std::vector<std::unique_ptr<FileWriter>> outputs, Settings settings)
    : graph_(graph),
      inputs_(std::move(inputs)),
      outputs_(std::move(outputs)),
      settings_(settings),
      heads_(graph.sources.size()) {
  Shard::Settings shard;
  shard.batch_rows = settings.batch_rows;
  shard.check_ahead = false;
  shard.partitions.assign(graph.sinks.size() + 1, 1);
  const PartitionOffset start{0, 0};
  for (std::size_t s = 0; s < inputs_.size(); ++s) {
    shard.lanes.push_back({s, 0});
    shard.origins.push_back(inputs_[s].path);
    shard.formats.push_back(inputs_[s].format.get());
  }
  shard_ = std::make_unique<Shard>(graph, std::move(shard));
  shard_->write_to(outbox_);
  for (std::size_t s = 0; s < inputs_.size(); ++s) {
    inputs_[s].reader->start({&start, 1}, signal_);
    const auto head = inputs_[s].reader->head();
    std::string wrong = head ? shard_->head(s, *head) : std::string();
    if (!wrong.empty()) throw std::runtime_error(fmt::format("{}: {}", inputs_[s].path, wrong));
    if (inputs_.size() == 1 || !graph.sources[s].time_field) continue;
    std::vector<FieldSpec> fields = graph.sources[s].fields;
    for (std::size_t i = 0; i < fields.size(); ++i)
      fields[i].read = i == *graph.sources[s].time_field;
    heads_[s].decoder = inputs_[s].format->decoder(std::move(fields));
    if (head) heads_[s].decoder->head(*head);
    heads_[s].cells.resize(1);
    heads_[s].columns.resize(graph.sources[s].fields.size());
    heads_[s].columns[*graph.sources[s].time_field] = heads_[s].cells.data();
  }
  std::string head;
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    head.clear();
    shard_->output(i).encoder().head(head);
    if (outputs_[i] && !head.empty()) outputs_[i]->write(head);
  }
}

Replay::~Replay() = default;

void Replay::run(const std::function<void(const Progress&)>& progress) {
  began_ns_ = told_ns_ = now_ns();
  if (inputs_.size() == 1)
    run_one(progress);
  else
    run_merged(progress);
  shard_->flush();
  if (settings_.drain) drain();
  write_out();
  for (const auto& output : outputs_)
    if (output) output->close();
  tell(progress, true);
}

void Replay::tell(const std::function<void(const Progress&)>& progress, bool last) {
  const std::int64_t now = now_ns();
  seconds_ = static_cast<double>(now - began_ns_) / 1e9;
  if (!last && now - told_ns_ < kTellEveryNs) return;
  told_ns_ = now;
  progress({rows_, seconds_});
}

bool Replay::refill(std::size_t source) {
  Head& head = heads_[source];
  head.buffer.clear();
  head.next = 0;
  while (!head.ended) {
    const auto fetched = inputs_[source].reader->fetch(0, kFetch, head.buffer);
    if (fetched.count > 0) return true;
    head.ended = fetched.end;
    if (!head.ended) signal_.wait_for(std::chrono::milliseconds(100));
  }
  return false;
}

void Replay::run_one(const std::function<void(const Progress&)>& progress) {
  while (refill(0)) {
    for (const Record& record : heads_[0].buffer) shard_->add(0, record);
    rows_ += heads_[0].buffer.size();
    write_out();
    tell(progress, false);
  }
}

void Replay::peek(std::size_t source) {
  Head& head = heads_[source];
  if (head.next == head.buffer.size() && !refill(source)) return;
  const Record& record = head.buffer[head.next];
  if (!head.decoder) {
    head.time = record.timestamp;
    return;
  }
  BadRecord bad;
  head.arena.reset();
  if (head.decoder->decode(record, head.arena, head.columns, 0, bad) && !is_missing(head.cells[0]))
    head.time = static_cast<std::int64_t>(head.cells[0]);
}

void Replay::run_merged(const std::function<void(const Progress&)>& progress) {
  std::vector<std::size_t> order(inputs_.size());  // in which equal times are taken
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {}, [&](std::size_t s) { return graph_.sources[s].role; });
  std::size_t left = inputs_.size();
  for (std::size_t s = 0; s < inputs_.size(); ++s) {
    peek(s);
    if (heads_[s].ended) --left;
  }
  for (std::size_t s = 0; s < inputs_.size() && left > 0; ++s)
    if (heads_[s].ended) shard_->ended(s);  // an empty file holds nothing back
  std::int64_t merged = kNoTime;
  while (left > 0) {
    std::size_t best = inputs_.size();
    for (const std::size_t s : order)
      if (!heads_[s].ended && (best == inputs_.size() || heads_[s].time < heads_[best].time))
        best = s;
    Head& head = heads_[best];
    if (head.time > merged) {
      merged = head.time;
      shard_->merged(merged);
    }
    shard_->add(best, head.buffer[head.next++]);
    peek(best);
    if (head.ended && --left > 0) shard_->ended(best);
    if (++rows_ % kFetch == 0 || outbox_.size() >= kOutboxBytes) {
      write_out();
      tell(progress, false);
    }
  }
}

void Replay::drain() {
  shard_->flush();
  while (const auto timer = shard_->next_timer()) {
    shard_->tick(std::max(*timer, shard_->clock().watermark()));
    shard_->flush();
    write_out();
  }
}

void Replay::write_out() {
  if (settings_.read_between_steps)
    for (std::size_t node = 0; node < graph_.nodes.size(); ++node) {
      MetricSamples ignored;
      shard_->operator_at(node).report(ignored);
      shard_->operator_at(node).summary(ignored);
    }
  for (const Outbox::Entry& entry : outbox_.entries()) {
    if (entry.topic >= outputs_.size() || !outputs_[entry.topic]) continue;
    outputs_[entry.topic]->write(outbox_.value(entry));
    outputs_[entry.topic]->write("\n");
  }
  outbox_.clear();
}

std::string Replay::summary_json() {
  Json json;
  json["pipeline"] = graph_.pipeline;
  json["rows"] = rows_;
  json["seconds"] = seconds_;
  json["rows_per_second"] = seconds_ > 0 ? std::round(static_cast<double>(rows_) / seconds_) : 0;
  json["operators"] = Json::object();
  for (const std::size_t node : graph_.by_name()) {
    const Shard::OperatorCounts& counts = shard_->operator_counts(node);
    Json one = {{"rows_in", counts.rows_in}, {"rows_out", counts.rows_out}, {"late", counts.late}};
    MetricSamples samples;
    shard_->operator_at(node).report(samples);
    add_samples(samples, one);
    MetricSamples whole;
    shard_->operator_at(node).summary(whole);
    one.erase("metrics");
    add_samples(whole, one);
    json["operators"][graph_.nodes[node].name] = std::move(one);
  }
  Json dead = Json::object(), skipped = Json::object();
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto reason = static_cast<Reason>(i);
    const std::uint64_t n = shard_->dead_letters(reason);
    if (n > 0) (is_skipped(reason) ? skipped : dead)[std::string(reason_name(reason))] = n;
  }
  json["dead_letters"] = std::move(dead);
  if (!skipped.empty()) json["skipped"] = std::move(skipped);
  json["output_hash"] = hex16(shard_->output_hash());
  json["state_hash"] = hex16(shard_->state_hash());
  return json_text(json);
}

std::string Replay::summary_text() {
  const Json json = parse_json(summary_json());
  std::string text =
      fmt::format("{}: {} rows in {:.2f} s, {:.0f} rows/s\n", graph_.pipeline, rows_, seconds_,
                  seconds_ > 0 ? static_cast<double>(rows_) / seconds_ : 0);
  for (const auto& [name, one] : json["operators"].items()) {
    text += fmt::format("  {:<20} in {}  out {}", name, json_text(one["rows_in"]),
                        json_text(one["rows_out"]));
    if (one.contains("metrics"))
      for (const auto& [metric, value] : one["metrics"].items())
        text += value.is_number() ? fmt::format("  {} {:.4f}", metric, value.get<double>())
                                  : fmt::format("  {} -", metric);
    text += "\n";
  }
  if (!json["dead_letters"].empty())
    text += "  dead letters " + json_text(json["dead_letters"]) + "\n";
  if (json.contains("skipped")) text += "  skipped " + json_text(json["skipped"]) + "\n";
  return text + fmt::format("  output hash {}  state hash {}\n",
                            json["output_hash"].get<std::string>(),
                            json["state_hash"].get<std::string>());
}

}  // namespace weir
