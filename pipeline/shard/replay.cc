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

Replay::Replay(const Graph& graph, std::vector<Input> inputs,
               std::vector<std::unique_ptr<FileWriter>> outputs, Settings settings)
    : graph_(graph),
      inputs_(std::move(inputs)),
      outputs_(std::move(outputs)),
      settings_(settings) {
  Shard::Settings shard;
  shard.batch_rows = settings.batch_rows;
  shard.check_ahead = false;
  shard.partitions.assign(graph.sinks.size() + 1, 1);
  for (std::size_t s = 0; s < inputs_.size(); ++s) {
    shard.lanes.push_back({s, 0});
    shard.origins.push_back(inputs_[s].path);
    shard.formats.push_back(inputs_[s].format.get());
  }
  shard_ = std::make_unique<Shard>(graph, std::move(shard));
  shard_->write_to(outbox_);
  start_readers();
  std::string head;
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    head.clear();
    shard_->output(i).encoder().head(head);
    if (outputs_[i] && !head.empty()) outputs_[i]->write(head);
  }
}

Replay::~Replay() = default;

void Replay::start_readers() {
  const PartitionOffset start{0, 0};
  for (std::size_t s = 0; s < inputs_.size(); ++s) {
    inputs_[s].reader->start({&start, 1}, signal_);
    const auto head = inputs_[s].reader->head();
    const std::string wrong = head ? shard_->head(s, *head) : std::string();
    if (!wrong.empty()) throw std::runtime_error(fmt::format("{}: {}", inputs_[s].path, wrong));
    header_lines_.emplace_back(head);
  }
}

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

void Replay::run_one(const std::function<void(const Progress&)>& progress) {
  std::vector<Record> buffer;
  for (bool end = false; !end;) {
    buffer.clear();
    const auto fetched = inputs_[0].reader->fetch(0, kFetch, buffer);
    if (fetched.count == 0) {
      end = fetched.end;
      if (!end) signal_.wait_for(std::chrono::milliseconds(100));
      continue;
    }
    for (const Record& record : buffer) shard_->add(0, record);
    rows_ += buffer.size();
    write_out();
    tell(progress, false);
  }
  if (!shard_->believed().begun(0)) shard_->ended(0);
}

void Replay::open_heads() {
  for (std::size_t s = 0; s < inputs_.size(); ++s) {
    heads_.push_back(std::make_unique<MergeHead>(s, graph_.sources[s], *inputs_[s].format,
                                                 *inputs_[s].reader, signal_, header_lines_[s]));
    heads_[s]->start(shard_->believed());
  }
}

/// The input whose turn it is; as many as there are: all have ended.
std::size_t Replay::next_head(const std::vector<std::size_t>& order) const {
  std::size_t best = heads_.size();
  for (const std::size_t s : order)
    if (!heads_[s]->ended() &&
        (best == heads_.size() || heads_[s]->time() < heads_[best]->time()))
      best = s;
  return best;
}

void Replay::run_merged(const std::function<void(const Progress&)>& progress) {
  std::vector<std::size_t> order(inputs_.size());  // in which equal times are taken
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {}, [&](std::size_t s) { return graph_.sources[s].role; });
  open_heads();
  auto left = static_cast<std::size_t>(
      std::ranges::count_if(heads_, [](const auto& head) { return !head->ended(); }));
  for (std::size_t s = 0; s < heads_.size() && left > 0; ++s)
    if (heads_[s]->ended()) shard_->ended(s);  // an empty file holds nothing back
  std::int64_t merged = kNoTime;
  while (left > 0) {
    const std::size_t best = next_head(order);
    MergeHead& head = *heads_[best];
    if (head.time() > merged) {
      merged = head.time();
      shard_->merged(best, merged);
    }
    shard_->add(best, head.record());
    head.advance(shard_->believed(), merged);
    if (head.ended() && --left > 0) shard_->ended(best);
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
  Json dead = Json::object();
  for (std::size_t reason = 0; reason < kReasonCount; ++reason)
    if (const auto n = shard_->dead_letters(static_cast<Reason>(reason)); n > 0)
      dead[std::string(reason_name(static_cast<Reason>(reason)))] = n;
  json["dead_letters"] = std::move(dead);
  Json far = Json::object();
  for (std::size_t s = 0; s < graph_.sources.size(); ++s) {
    const BelievedTime::Counts& counts = shard_->believed().counts(s);
    const std::uint64_t refused = counts.refused + shard_->believed().in_doubt(s);
    if (counts.believed + refused > 0)
      far[graph_.sources[s].name] = {{"believed", counts.believed}, {"refused", refused}};
  }
  if (!far.empty()) json["far_rows"] = std::move(far);
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
  if (json.contains("far_rows"))
    for (const auto& [source, far] : json["far_rows"].items())
      text += fmt::format("  far rows of {}: {} believed, {} refused\n", source,
                          json_text(far["believed"]), json_text(far["refused"]));
  return text + fmt::format("  output hash {}  state hash {}\n",
                            json["output_hash"].get<std::string>(),
                            json["state_hash"].get<std::string>());
}

}  // namespace weir
