#include "deploy/weir/demo_producer.h"

#include <algorithm>
#include <string>

#include "deploy/weir/wall_clock.h"

namespace weir {
namespace {

constexpr std::chrono::milliseconds kLongestSleep{100};
constexpr std::int64_t kMostWaiting = 20'000;  // records in a topic before the producer waits

Cards::Options card_options(const DemoOptions& options) {
  Cards::Options cards;
  cards.seed = options.seed;
  cards.events = options.events;
  return cards;
}

}  // namespace

DemoProducer::DemoProducer(MemoryLog& log, const DemoOptions& options)
    : log_(log), options_(options), cards_(card_options(options)), thread_([this] { run(); }) {}

DemoProducer::~DemoProducer() {
  stop_ = true;
  thread_.join();
}

std::vector<Cards::Planted> DemoProducer::planted() const {
  const std::lock_guard lock(mutex_);
  return cards_.planted();
}

DemoReport DemoProducer::report() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

void DemoProducer::run() {
  const auto began = std::chrono::steady_clock::now();
  std::string key, value;
  Cards::Event event;
  const std::int64_t most = 256;  // records at once
  const std::int64_t at_once =
      options_.rate == 0 ? most : std::clamp<std::int64_t>(options_.rate / 10, 1, most);
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
    if (++records_ % at_once == 0) hold_back(began);
  }
  finished_ = true;
}

void DemoProducer::hold_back(std::chrono::steady_clock::time_point began) {
  while (!stop_ && !log_.wait_for_backlog("transactions", 0, kMostWaiting,
                                          std::chrono::milliseconds(100))) {
  }
  // What has been read is deleted, so that a long demo stays small.
  for (const char* topic : {"transactions", "chargebacks"}) {
    const std::int64_t end = log_.offsets(topic, 0).end;
    log_.delete_records(topic, 0, end - log_.backlog(topic, 0) - kMostWaiting);
  }
  if (log_.partitions("predictions"))
    log_.delete_records("predictions", 0, log_.offsets("predictions", 0).end - kMostWaiting);
  if (options_.rate == 0) return;
  const auto due = began + std::chrono::microseconds(transactions_ * 1'000'000 / options_.rate);
  for (auto now = began; !stop_ && (now = std::chrono::steady_clock::now()) < due;)
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(due - now, kLongestSleep));
}

}  // namespace weir
