#include "pipeline/shard/replay_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "pipeline/core/hash_text.h"
#include "pipeline/core/metric_samples.h"
#include "pipeline/options/rough_duration.h"

namespace weir {
namespace {

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

/// A figure that counts rows of which something was not used.
struct Unused {
  std::string_view metric;
  std::string_view says;
  std::array<std::string_view, 3> used = {};  // values of its label that are used or told elsewhere
};

constexpr Unused kUnused[] = {
    {metric::labels_total.name, "labels", {"joined", "absent", "unheard"}},
    {metric::fallback_total.name, "fallback served"},
    {metric::operator_rows_total.name, "rows", {"passed", "in", "out"}},
    {metric::window_late_rows_total.name, "behind their window"},
    {metric::expression_invalid_total.name, "expressions without a value"},
    {metric::values_skipped_total.name, "numbers too large"},
    {metric::texts_cut_total.name, "texts cut"},
    {metric::evictions_total.name, "given up for a limit"},
    {metric::model_restored_total.name, "diverged and restored"},
};

/// `labels orphan 3, expired 2; behind their window 7`; empty: all was used.
std::string unused_text(const MetricSamples& samples, std::uint64_t late) {
  std::string text;
  const auto add = [&](std::string_view says, const std::string& what) {
    text += text.empty() ? "" : "; ";
    text += fmt::format("{} {}", says, what);
  };
  if (late > 0) add("late rows", std::to_string(late));
  for (const Unused& unused : kUnused) {
    std::string counts;
    for (const MetricSamples::Sample& sample : samples.all()) {
      if (sample.metric->name != unused.metric || !std::holds_alternative<double>(sample.value))
        continue;
      const std::string_view label =
          sample.labels.empty() ? std::string_view("in all") : sample.labels.back().second;
      if (!(sample.number() > 0) || std::ranges::find(unused.used, label) != unused.used.end())
        continue;
      counts += counts.empty() ? "" : ", ";
      counts += fmt::format("{} {:.0f}", label, sample.number());
    }
    if (!counts.empty()) add(unused.says, counts);
  }
  return text;
}

/// What became of labels that stopped, as a line; empty if none did.
std::string label_text(const std::string& name, const Json& figures) {
  const double silences = figures.value("labels_silences", 0.0);
  const double held = figures.value("labels_held", 0.0);
  const double unheard = figures.contains("labels") ? figures["labels"].value("unheard", 0.0) : 0;
  if (silences == 0 && held == 0 && unheard == 0) return {};
  std::string text = fmt::format("  {}: ", name);
  if (silences > 0)
    text += "its labels fell silent " +
            (silences == 1 ? "once" : fmt::format("{} times", silences));
  const auto now = static_cast<std::int64_t>(figures.value("labels_silence_seconds", 0.0));
  if (now > 0) text += fmt::format(", now for {} of event time", rough_duration(now * 1'000));
  if (silences > 0) text += "; ";
  return text + fmt::format("{} rows are held, {} left unheard: not learned\n", held, unheard);
}

/// The watched fields without data, as a line; empty if there are none.
std::string no_data_text(const MetricSamples& samples) {
  constexpr double kNoData = 3;  // of `weir_drift_state`
  std::string fields;
  for (const MetricSamples::Sample& state : samples.all()) {
    if (state.metric->name != metric::drift_state.name || state.number() != kNoData) continue;
    const std::string_view field = state.label("field");
    for (const MetricSamples::Sample& ratio : samples.all())
      if (ratio.metric->name == metric::drift_null_ratio.name && ratio.label("field") == field)
        fields += fmt::format("{}{} ({:.0f} % of its last rows have no value)",
                              fields.empty() ? "" : ", ", field, 100 * ratio.number());
  }
  return fields.empty() ? fields : fmt::format("  {:<20} no data: {}\n", "", fields);
}

/// Whether a file is in the order of its times.
std::string late_text(const SourceNode& source, const std::string& path,
                      const Intake::Counts& counts) {
  if (counts.late == 0) return {};
  return fmt::format(
      "  {} is not in the order of its times: {} of {} rows were late. Sort it{}, or give source "
      "`{}` a longer `lateness`\n",
      path, counts.late, counts.rows,
      source.config->time ? fmt::format(" by `{}`", source.config->time->text) : "", source.name);
}

MetricSamples figures_of(Shard& shard, std::size_t node) {
  MetricSamples samples;
  shard.operator_at(node).report(samples);
  return samples;
}

/// Where the first record of a group stands in what was read.
std::string place_of(const ReplayResult& result, const DeadLetterDigest::Group& group) {
  if (!group.first) return {};
  return fmt::format("row {} of {}", group.first->offset + 1, result.inputs[group.first->source]);
}

Json operator_json(Shard& shard, std::size_t node) {
  const Shard::OperatorCounts& counts = shard.operator_counts(node);
  Json one = {{"rows_in", counts.rows_in}, {"rows_out", counts.rows_out}, {"late", counts.late}};
  add_samples(figures_of(shard, node), one);
  MetricSamples whole;
  shard.operator_at(node).summary(whole);
  one.erase("metrics");
  add_samples(whole, one);
  return one;
}

/// By source, where there were any.
Json far_rows(const Shard& shard) {
  Json far = Json::object();
  for (std::size_t s = 0; s < shard.graph().sources.size(); ++s) {
    const BelievedTime::Counts& counts = shard.believed().counts(s);
    const std::uint64_t refused = counts.refused + shard.believed().in_doubt(s);
    if (counts.believed + refused > 0)
      far[shard.graph().sources[s].name] = {{"believed", counts.believed}, {"refused", refused}};
  }
  return far;
}

/// Records that stand for no row, by reason, where there were any.
Json skipped_records(const Shard& shard) {
  Json skipped = Json::object();
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto reason = static_cast<Reason>(i);
    if (const std::uint64_t n = shard.dead_letters(reason); n > 0 && is_skipped(reason))
      skipped[std::string(reason_name(reason))] = n;
  }
  return skipped;
}

double rate(const ReplayResult& result) {
  return result.seconds > 0 ? static_cast<double>(result.records) / result.seconds : 0;
}

/// The sum of a figure over its labels; less than 0: it is not there.
double total(const MetricSamples& samples, const MetricName& metric) {
  double sum = -1;
  for (const MetricSamples::Sample& sample : samples.all())
    if (sample.metric->name == metric.name && std::holds_alternative<double>(sample.value))
      sum = std::max(sum, 0.0) + sample.number();
  return sum;
}

}  // namespace

Json replay_summary(const ReplayResult& result) {
  Shard& shard = result.shard;
  Json json;
  json["pipeline"] = shard.graph().pipeline;
  json["rows"] = result.records;
  json["seconds"] = result.seconds;
  json["rows_per_second"] = std::round(rate(result));
  json["operators"] = Json::object();
  for (const std::size_t node : shard.graph().by_name())
    json["operators"][shard.graph().nodes[node].name] = operator_json(shard, node);
  Json dead = Json::object(), examples = Json::array();
  for (const DeadLetterDigest::Group& group : shard.dead_letter_digest().groups()) {
    const std::string reason(reason_name(group.reason));
    dead[reason] = group.count;
    Json example = {{"reason", reason}, {"count", group.count}};
    if (!group.field.empty()) {
      example["field"] = group.field;
      example["field_count"] = group.of_field;
    }
    if (group.first) {
      example["source"] = shard.graph().sources[group.first->source].name;
      example["row"] = group.first->offset + 1;
      example["text"] = group.first->text;
    }
    examples.push_back(std::move(example));
  }
  json["dead_letters"] = std::move(dead);
  json["dead_letter_examples"] = std::move(examples);
  Json late = Json::object();
  for (std::size_t s = 0; s < result.inputs.size(); ++s)
    if (const auto n = shard.source_counts(s).late; n > 0) late[shard.graph().sources[s].name] = n;
  json["late_rows"] = std::move(late);
  if (Json far = far_rows(shard); !far.empty()) json["far_rows"] = std::move(far);
  if (Json skipped = skipped_records(shard); !skipped.empty())
    json["skipped"] = std::move(skipped);
  json["output_hash"] = hex16(shard.output_hash());
  json["state_hash"] = hex16(shard.state_hash());
  return json;
}

std::string replay_text(const ReplayResult& result) {
  Shard& shard = result.shard;
  std::string text = fmt::format("{}: {} rows in {:.2f} s, {:.0f} rows/s\n",
                                 shard.graph().pipeline, result.records, result.seconds,
                                 rate(result));
  for (std::size_t s = 0; s < result.inputs.size(); ++s)
    text += late_text(shard.graph().sources[s], result.inputs[s], shard.source_counts(s));
  for (const std::size_t node : shard.graph().by_name()) {
    const Json one = operator_json(shard, node);
    text += fmt::format("  {:<20} in {}  out {}", shard.graph().nodes[node].name,
                        json_text(one["rows_in"]), json_text(one["rows_out"]));
    if (one.contains("metrics"))
      for (const auto& [metric, value] : one["metrics"].items())
        text += value.is_number() ? fmt::format("  {} {:.4f}", metric, value.get<double>())
                                  : fmt::format("  {} -", metric);
    text += "\n";
    const MetricSamples figures = figures_of(shard, node);
    const std::string unused = unused_text(figures, shard.operator_counts(node).late);
    text += label_text(shard.graph().nodes[node].name, one);
    text += no_data_text(figures);
    if (!unused.empty()) text += fmt::format("  {:<20} not used: {}\n", "", unused);
  }
  const Json far_sources = far_rows(shard);
  for (const auto& [source, far] : far_sources.items())
    text += fmt::format("  far rows of {}: {} believed, {} refused\n", source,
                        json_text(far["believed"]), json_text(far["refused"]));
  for (const DeadLetterDigest::Group& group : shard.dead_letter_digest().groups())
    text += "  dead letters: " + digest_text(group, place_of(result, group)) + "\n";
  const Json skipped = skipped_records(shard);
  for (const auto& [reason, count] : skipped.items())
    text += fmt::format("  skipped: {} {}\n", json_text(count), reason);
  return text + fmt::format("  output hash {}  state hash {}\n", hex16(shard.output_hash()),
                            hex16(shard.state_hash()));
}

std::string replay_failure(const ReplayResult& result) {
  const Shard& shard = result.shard;
  std::uint64_t rows = 0;
  for (std::size_t s = 0; s < result.inputs.size(); ++s) rows += shard.source_counts(s).rows;
  std::uint64_t skipped = 0;
  const Json skipped_by_reason = skipped_records(shard);
  for (const Json& count : skipped_by_reason) skipped += count.get<std::uint64_t>();
  if (result.records > skipped && rows == 0) return "no record could be used";
  for (const std::size_t node : shard.graph().by_name()) {
    const double fallbacks = total(figures_of(result.shard, node), metric::fallback_total);
    const std::uint64_t served = shard.operator_counts(node).served;
    if (fallbacks > 0 && served > 0 && fallbacks >= static_cast<double>(served))
      return fmt::format("model {} served no row but its fallback",
                         shard.graph().nodes[node].name);
  }
  return {};
}

}  // namespace weir
