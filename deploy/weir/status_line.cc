#include "deploy/weir/status_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <string_view>

#include "pipeline/options/rough_duration.h"

namespace weir {
namespace {

using Sample = MetricSamples::Sample;

struct Totals {
  double rows = 0, bad = 0, dead = 0, out = 0, lag = 0, waiting = 0, held = 0, headers = 0;
  double silence = 0;  // the longest
  Histogram latency = Histogram::seconds();
  std::set<std::string> shards;
  std::map<std::string, std::pair<double, double>> quality;  // over the shards: from, to
  std::map<std::string, double> drift;                       // the worst state over the shards
};

// States of a watched field (`weir_drift_state`) in words, and which of two shards' is shown.
constexpr std::string_view kStates[] = {"stable", "warning", "DRIFT", "no data"};
constexpr int kUrgencies[] = {0, 1, 3, 2};

std::size_t index_of(double state) {
  return std::min(static_cast<std::size_t>(state), std::size(kStates) - 1);
}

void widen(std::map<std::string, std::pair<double, double>>& ranges, const std::string& name,
           double value) {
  auto& [from, to] = ranges.try_emplace(name, value, value).first->second;
  from = std::min(from, value);
  to = std::max(to, value);
}

void add(Totals& totals, const Sample& sample) {
  const std::string_view name = sample.metric->name;
  if (name == metric::event_latency_seconds.name)
    totals.latency.add(std::get<Histogram>(sample.value));
  if (!std::holds_alternative<double>(sample.value)) return;
  const double value = sample.number();
  if (name == metric::source_rows_total.name) {
    (sample.label("outcome") == "row" ? totals.rows : totals.bad) += value;
    totals.shards.emplace(sample.label("shard"));
  } else if (name == metric::dead_letters_total.name)
    totals.dead += value;
  else if (name == metric::sink_rows_total.name)
    totals.out += value;
  else if (name == metric::headers_dropped_total.name)
    totals.headers += value;
  else if (name == metric::consumer_lag_records.name)
    totals.lag += value;
  else if (name == metric::labels_waiting.name)
    totals.waiting += value;
  else if (name == metric::labels_held.name)
    totals.held += value;
  else if (name == metric::labels_silence_seconds.name)
    totals.silence = std::max(totals.silence, value);
  else if (name == metric::model_quality.name && std::isfinite(value))
    widen(totals.quality, fmt::format("{}.{}", sample.label("operator"), sample.label("metric")),
          value);
  else if (name == metric::drift_state.name && value > 0) {
    const auto watched = fmt::format("{}.{}", sample.label("operator"), sample.label("field"));
    const auto [at, first] = totals.drift.emplace(watched, value);
    if (!first && kUrgencies[index_of(value)] > kUrgencies[index_of(at->second)])
      at->second = value;
  }
}

std::string latency_text(const Histogram& latency) {
  if (latency.count() == 0) return "-";
  return fmt::format("p50 {:.0f} ms p99 {:.0f} ms", 1000 * latency.quantile(0.5),
                     1000 * latency.quantile(0.99));
}

}  // namespace

std::string StatusLine::next(const MetricSamples& samples) {
  Totals totals;
  for (const Sample& sample : samples.all()) add(totals, sample);
  const auto now = Clock::now();
  const double seconds = std::chrono::duration<double>(now - last_).count();
  last_ = now;
  const bool same = totals.shards == shards_;
  const double rows = totals.rows - rows_;
  const std::string rate = same && seconds > 0 ? fmt::format("{:.0f}", rows / seconds) : "-";
  std::string line = fmt::format("rows {:.0f} ({}/s) out {:.0f} lag {:.0f} latency {}", totals.rows,
                                 rate, totals.out, totals.lag,
                                 latency_text(totals.latency.since(latency_)));
  if (totals.waiting > 0) line += fmt::format(" waiting for labels {:.0f}", totals.waiting);
  if (totals.held > 0) line += fmt::format(" held {:.0f}", totals.held);
  if (totals.silence > 0)
    line += fmt::format(" | no label for {}",
                        rough_duration(static_cast<std::int64_t>(totals.silence) * 1'000));
  if (!totals.quality.empty()) line += " |";
  for (const auto& [name, range] : totals.quality)
    line += range.first == range.second
                ? fmt::format(" {}={:.4f}", name, range.first)
                : fmt::format(" {}={:.4f}..{:.4f}", name, range.first, range.second);
  line += totals.drift.empty() ? " | no drift" : " |";
  for (const auto& [name, state] : totals.drift)
    line += fmt::format(" {}={}", name, kStates[index_of(state)]);
  if (totals.dead > 0) line += fmt::format(" | dead letters {:.0f}", totals.dead);
  if (totals.headers > 0) line += fmt::format(" | without headers {:.0f}", totals.headers);
  const double in = rows + totals.bad - bad_;
  if (same && in > 0 && totals.out == out_)
    line += totals.dead - dead_ >= in
                ? " | records in, none out: all went to the dead letters"
                : " | rows in, none out: a filter passes nothing, or windows are still filling";
  shards_ = std::move(totals.shards);
  rows_ = totals.rows;
  bad_ = totals.bad;
  dead_ = totals.dead;
  out_ = totals.out;
  latency_ = std::move(totals.latency);
  return line;
}

}  // namespace weir
