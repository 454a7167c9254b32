#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "deploy/weir/commands.h"
#include "deploy/weir/exit_code.h"
#include "deploy/weir/kafka_world.h"
#include "pipeline/core/json.h"
#include "pipeline/epochs/control_lane.h"
#include "pipeline/core/topic_names.h"

namespace weir {
namespace {

constexpr std::chrono::seconds kPatience{30};
constexpr std::string_view kSender = "weir-sender";

/// A text unique to this sender, by which it finds its record again.
std::string this_sender() {
  utsname host{};
  ::uname(&host);
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  return fmt::format("{}@{} {} {}", ::getuid(), host.nodename, ::getpid(), now);
}

/// Appends a record to the control topic; returns its offset.
std::int64_t append(Log& log, const std::string& topic, const std::string& value) {
  const std::int64_t before = log.offsets(topic, 0).end;
  const std::string sender = this_sender();
  const Header header{kSender, sender};
  Outbox outbox;
  outbox.add(0, 0, std::nullopt, value, {&header, 1});
  std::string reason;
  // Not a transaction: two people may send at the same time without fencing each other.
  const auto writer = log.writer(topic, {topic}, Delivery::plain);
  if (writer->commit(outbox, {}, reason) != Commit::done)
    throw LogFailure(LogFailure::Kind::unreachable,
                     fmt::format("it is unknown whether {} has taken the command ({}); sending it "
                                 "again is harmless",
                                 topic, reason));
  Signal signal;
  const auto reader = log.reader(topic);
  const PartitionOffset start{0, before};
  reader->start({&start, 1}, signal);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (std::vector<Record> records; std::chrono::steady_clock::now() < deadline; records.clear()) {
    if (reader->fetch(0, 64, records).count == 0) signal.wait_for(std::chrono::milliseconds(100));
    for (const Record& record : records)
      for (const Header& one : record.headers)
        if (one.name == kSender && one.value == sender) return record.offset;
  }
  throw LogFailure(LogFailure::Kind::unreachable,
                   fmt::format("{} has taken the command, but cannot be read", topic));
}

}  // namespace

int control_command(const CommonOptions& common, const std::string& command,
                    const std::string& model) {
  const auto pipeline = load_pipeline(common.pipeline);
  if (!pipeline) return kWrongConfig;
  const auto& operators = pipeline->config.operators;
  const auto at = std::ranges::find_if(
      operators, [&](const OperatorConfig& one) { return one.name.text == model; });
  if (at == operators.end())
    throw std::invalid_argument(fmt::format("{}: there is no such operator", model));
  if (at->type != "model")
    throw std::invalid_argument(fmt::format("{} is a {}: only a model learns", model, at->type));
  KafkaWorld kafka(pipeline->config);
  Log& log = kafka.world().log;
  const std::string topic = control_topic(pipeline->config.pipeline.text);
  if (!log.partitions(topic))
    throw LogFailure(LogFailure::Kind::refused,
                     fmt::format("topic {} does not exist: `weir run` creates it when it starts "
                                 "(or create it yourself, with one partition, and restart weir)",
                                 topic));
  const std::int64_t offset = append(log, topic, Command{command, model}.write());
  if (common.json)
    fmt::print("{}\n", json_text({{"topic", topic}, {"partition", 0}, {"offset", offset}}));
  else
    fmt::print("{} {}: {} [0], offset {}\n", command, model, topic, offset);
  return kDone;
}

}  // namespace weir
