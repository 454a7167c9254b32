#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "connectors/generate/cards.h"
#include "connectors/memory/memory_log.h"
#include "demo_pipeline.h"
#include "deploy/weir/commands.h"
#include "deploy/weir/demo_producer.h"
#include "deploy/weir/demo_report.h"
#include "deploy/weir/exit_code.h"
#include "deploy/weir/service_loop.h"
#include "deploy/weir/wall_clock.h"
#include "pipeline/core/hash_text.h"
#include "pipeline/core/json.h"
#include "pipeline/epochs/epoch_record.h"
#include "pipeline/service/topics.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kWrittenEvents = 2'000;

/// A folder that is removed with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "weir-demo-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw std::runtime_error("cannot create a folder in " + fs::temp_directory_path().string());
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

}  // namespace

int demo_command(const CommonOptions& common, const DemoOptions& options) {
  if (!options.write.empty()) return write_demo(options);
  PipelineOptions from = common.pipeline;
  // Event time passes hundreds of times faster than wall time, and is soon ahead of it.
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
        "arrives, and watches for drift. Ctrl-C ends it.\n");
  std::fflush(stdout);
  const auto began = std::chrono::steady_clock::now();
  DemoProducer producer(log, options);
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
    fmt::print("{}", findings_text(findings));
  }
  return code;
}

}  // namespace weir
