#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "connectors/generate/cards.h"
#include "demo_pipeline.h"
#include "deploy/weir/commands.h"
#include "deploy/weir/demo_report.h"
#include "deploy/weir/exit_code.h"
#include "deploy/weir/service_loop.h"
#include "pipeline/engine/epoch.h"
#include "pipeline/engine/json.h"
#include "pipeline/engine/memory_log.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMostWaiting =
    20'000;  // records that lie in a topic before the producer waits
constexpr std::uint64_t kWrittenEvents = 2'000;

std::int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// A folder that goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "weir-demo-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw std::runtime_error("cannot make a folder in " + fs::temp_directory_path().string());
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Produces the card business into the log on a thread of its own, held back by the reader.
class Producer {
 public:
  Producer(MemoryLog& log, const DemoOptions& options)
      : log_(log), options_(options), cards_(card_options(options)), thread_([this] { run(); }) {}
  ~Producer() {
    stop_ = true;
    thread_.join();
  }
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  bool finished() const { return finished_; }
  std::uint64_t records() const { return records_; }
  std::vector<Cards::Planted> planted() const {
    const std::lock_guard lock(mutex_);
    return cards_.planted();
  }
  DemoReport report() const {
    const std::lock_guard lock(mutex_);
    return report_;
  }

 private:
  static Cards::Options card_options(const DemoOptions& options) {
    Cards::Options cards;
    cards.seed = options.seed;
    cards.events = options.events;
    return cards;
  }

  void run() {
    const auto began = std::chrono::steady_clock::now();
    std::string key, value;
    Cards::Event event;
    while (!stop_) {
      {
        const std::lock_guard lock(mutex_);
        if (!cards_.next(event)) break;
        if (event.stream == Cards::Stream::transactions)
          report_.transaction(event.transaction, event.time);
      }
      const bool transaction = event.stream == Cards::Stream::transactions;
      if (transaction) ++transactions_;
      key.clear();
      value.clear();
      Cards::append_key(event, key);
      Cards::append_value(event, value);
      const std::string topic = transaction ? "transactions" : "chargebacks";
      log_.append(topic, 0, key, value, wall_ms());
      if (++records_ % 256 == 0) hold_back(began);
    }
    finished_ = true;
  }

  void hold_back(std::chrono::steady_clock::time_point began) {
    while (!stop_ && !log_.wait_for_backlog("transactions", 0, kMostWaiting,
                                            std::chrono::milliseconds(100))) {
    }
    // What has been read is forgotten, so that a long demo stays small.
    for (const char* topic : {"transactions", "chargebacks"}) {
      const std::int64_t end = log_.offsets(topic, 0).end;
      log_.delete_records(topic, 0, end - log_.backlog(topic, 0) - kMostWaiting);
    }
    if (log_.partitions("predictions"))
      log_.delete_records("predictions", 0, log_.offsets("predictions", 0).end - kMostWaiting);
    if (options_.rate == 0) return;
    const auto due = began + std::chrono::microseconds(transactions_ * 1'000'000 / options_.rate);
    std::this_thread::sleep_until(due);
  }

  MemoryLog& log_;
  DemoOptions options_;
  mutable std::mutex mutex_;  // over cards_ and report_
  Cards cards_;
  DemoReport report_;
  std::uint64_t transactions_ = 0;
  std::atomic<std::uint64_t> records_ = 0;
  std::atomic<bool> finished_ = false;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

double rows_read(const MetricSamples& samples) {
  double rows = 0;
  for (const MetricSamples::Sample& sample : samples.all())
    if (sample.metric->name == metric::source_rows_total.name) rows += sample.number();
  return rows;
}

void write_file(const fs::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

int write_demo(const DemoOptions& options) {
  const fs::path folder = options.write;
  fs::create_directories(folder);
  Cards::Options cards;
  cards.seed = options.seed;
  cards.events = kWrittenEvents;
  Cards business(cards);
  std::string transactions, chargebacks;
  for (Cards::Event event; business.next(event);) {
    std::string& to = event.stream == Cards::Stream::transactions ? transactions : chargebacks;
    Cards::append_value(event, to);
    to += '\n';
  }
  write_file(folder / "fraud.yaml", kDemoPipeline);
  write_file(folder / "transactions.ndjson", transactions);
  write_file(folder / "chargebacks.ndjson", chargebacks);
  fmt::print(
      "wrote {0}/fraud.yaml, transactions.ndjson and chargebacks.ndjson. Try:\n  weir replay "
      "{0}/fraud.yaml --input transactions={0}/transactions.ndjson --input "
      "chargebacks={0}/chargebacks.ndjson --drain\n",
      folder.string());
  return kDone;
}

void print_findings(const std::vector<DemoReport::Finding>& findings) {
  for (const DemoReport::Finding& finding : findings) {
    fmt::print("planted  {:<21} at transaction {:>7}  ({})\n", finding.planted.drift,
               finding.planted.transaction, time_text(finding.planted.time));
    if (!finding.found) {
      fmt::print("found    not yet: let the demo run longer\n");
      continue;
    }
    fmt::print("found    by {:<18} at transaction {:>7}  ({}), {} transactions later: {}\n",
               fmt::format("{} on {}", finding.alert.detector, finding.alert.field),
               finding.transaction, time_text(finding.alert.time),
               finding.transaction - std::min(finding.transaction, finding.planted.transaction),
               finding.alert.summary);
  }
  if (findings.empty())
    fmt::print("no drift was planted yet: the first comes at transaction 60000\n");
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

}  // namespace

int demo_command(const CommonOptions& common, const DemoOptions& options) {
  if (!options.write.empty()) return write_demo(options);
  PipelineOptions from = common.pipeline;
  // The story's time passes hundreds of times faster than the world's, and soon is ahead of it.
  for (const char* source : {"transactions", "chargebacks"})
    from.set.insert(from.set.begin(), fmt::format("sources.{}.ahead=36500d", source));
  const auto pipeline = load_pipeline_text("fraud.yaml", kDemoPipeline, from);
  if (!pipeline) return kWrongConfig;
  MemoryLog log;
  log.create_topic("transactions", 1);
  log.create_topic("chargebacks", 1);
  const TemporaryFolder state;
  World world{log, [&](const SourceConfig&) -> Log& { return log; }, wall_ms};
  const Layout layout = prepare_topics(*pipeline->graph, pipeline->config, world, true);
  if (!common.json)
    fmt::print(
        "A card business in this process: transactions, chargebacks days later in event time, "
        "and two planted drifts.\nweir scores every transaction, learns from each label as it "
        "comes, and watches for drift. Ctrl-C ends it.\n");
  std::fflush(stdout);
  const auto began = std::chrono::steady_clock::now();
  Producer producer(log, options);
  ServiceLoop loop(pipeline->config, *pipeline->graph, layout, world, state.path(),
                   {"demo", "localhost", ::getpid()});
  loop.any_port = true;
  loop.done = [&] {
    return producer.finished() &&
           rows_read(loop.service().samples()) >= static_cast<double>(producer.records());
  };
  const int code = loop.run();
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const std::vector<DemoReport::Finding> findings =
      producer.report().findings(log, producer.planted());
  if (common.json) {
    Json json = {{"records", producer.records()},
                 {"seconds", seconds},
                 {"planted", findings_json(findings)},
                 {"state_hash", nullptr}};
    if (!loop.service().ends().empty())
      json["state_hash"] = hex16(loop.service().ends().front().state_hash);
    fmt::print("{}\n", json_text(json));
  } else {
    fmt::print("\n{} records in {:.1f} s\n", producer.records(), seconds);
    print_findings(findings);
  }
  return code;
}

}  // namespace weir
