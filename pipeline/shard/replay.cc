#include "pipeline/shard/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <stdexcept>

#include "pipeline/core/metric_samples.h"

namespace weir {
namespace {

constexpr std::size_t kFetch = 4096;
constexpr std::size_t kOutboxBytes = 8 << 20;  // then it is written out
constexpr std::int64_t kTellEveryNs = 2'000'000'000;

std::int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

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
  shard_->drained();
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

ReplayResult Replay::result() {
  ReplayResult result{*shard_, {}, rows_, seconds_};
  for (const Input& input : inputs_) result.inputs.push_back(input.path);
  return result;
}

}  // namespace weir
