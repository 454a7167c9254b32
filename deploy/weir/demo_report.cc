#include "deploy/weir/demo_report.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

namespace weir {
namespace {

// The drifts are planted within the first 120,000 transactions and found some thousands later.
constexpr std::uint64_t kNear = 1'000'000;
constexpr std::uint64_t kEvery = 50, kEveryLater = 100'000;

/// Whether an alert is of the detector that answers for a planted drift in the demo's pipeline.
bool answers_for(const DemoReport::Alert& alert, std::string_view drift) {
  return drift == "amount_shift" ? alert.stream == "features" && alert.field == "amount"
                                 : alert.stream == "fraud.outcomes" && alert.field == "loss";
}

std::vector<DemoReport::Alert> read_alerts(Log& log) {
  std::vector<DemoReport::Alert> alerts;
  Signal signal;
  const auto reader = log.reader("alerts");
  std::vector<PartitionOffset> all;
  for (std::int32_t p = 0; p < log.partitions("alerts").value_or(0); ++p)
    all.push_back({p, log.offsets("alerts", p).first});
  reader->start(all, signal);
  for (const PartitionOffset& at : all) {
    for (std::vector<Record> records;;) {
      records.clear();
      const auto fetched = reader->fetch(at.partition, 1000, records);
      for (const Record& record : records) {
        const auto json = parse_json(record.value);
        if (json.at("state") != "drift") continue;
        alerts.push_back({json.at("detector"), json.at("stream"), json.at("field"),
                          json.at("window_to").get<std::int64_t>(), json.at("summary")});
      }
      if (fetched.count == 0 && fetched.end) break;
      if (fetched.count == 0) signal.wait_for(std::chrono::milliseconds(50));
    }
  }
  std::ranges::stable_sort(alerts, {}, &DemoReport::Alert::time);
  return alerts;
}

/// `2024-01-16 08:30` (UTC).
std::string time_text(std::int64_t ms) {
  return fmt::format("{:%Y-%m-%d %H:%M}", fmt::gmtime(static_cast<std::time_t>(ms / 1000)));
}

}  // namespace

void DemoReport::transaction(std::uint64_t number, std::int64_t time) {
  if (number % (number < kNear ? kEvery : kEveryLater) == 0) made_.emplace_back(time, number);
}

std::uint64_t DemoReport::transaction_at(std::int64_t time) const {
  const auto after =
      std::ranges::upper_bound(made_, time, {}, [](const auto& one) { return one.first; });
  return after == made_.begin() ? 0 : std::prev(after)->second;
}

std::vector<DemoReport::Finding> DemoReport::findings(
    Log& log, const std::vector<Cards::Planted>& planted) const {
  const std::vector<Alert> alerts = read_alerts(log);
  std::vector<Finding> findings;
  for (const Cards::Planted& drift : planted) {
    Finding finding{drift, false, {}, 0};
    for (const Alert& alert : alerts) {
      if (!answers_for(alert, drift.drift) || alert.time < drift.time) continue;
      finding.found = true;
      finding.alert = alert;
      finding.transaction = transaction_at(alert.time);
      break;
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

std::string findings_text(const std::vector<DemoReport::Finding>& findings) {
  if (findings.empty())
    return "no drift has been planted yet: the first comes at transaction 60000\n";
  std::string text;
  for (const DemoReport::Finding& finding : findings) {
    text += fmt::format("planted  {:<21} at transaction {:>7}  ({})\n", finding.planted.drift,
                        finding.planted.transaction, time_text(finding.planted.time));
    if (!finding.found) {
      text += "found    not yet: let the demo run longer\n";
      continue;
    }
    text += fmt::format(
        "found    by {:<18} at transaction {:>7}  ({}), {} transactions later: {}\n",
        fmt::format("{} on {}", finding.alert.detector, finding.alert.field), finding.transaction,
        time_text(finding.alert.time),
        finding.transaction - std::min(finding.transaction, finding.planted.transaction),
        finding.alert.summary);
  }
  return text;
}

Json findings_json(const std::vector<DemoReport::Finding>& findings) {
  auto list = Json::array();
  for (const DemoReport::Finding& finding : findings) {
    Json one = {{"drift", finding.planted.drift},
                {"transaction", finding.planted.transaction},
                {"time", finding.planted.time},
                {"found", nullptr}};
    if (finding.found)
      one["found"] = {{"detector", finding.alert.detector},
                      {"field", finding.alert.field},
                      {"transaction", finding.transaction},
                      {"time", finding.alert.time}};
    list.push_back(std::move(one));
  }
  return list;
}

}  // namespace weir
