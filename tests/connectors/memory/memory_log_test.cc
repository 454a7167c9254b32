#include "connectors/memory/memory_log.h"

#include <gtest/gtest.h>

#include "tests/connectors/log_contract/log_contract.h"

namespace weir {
namespace {

using Fault = MemoryLog::Fault;
using Kind = MemoryLog::Call::Kind;

class MemoryUnderTest final : public LogUnderTest {
 public:
  Log& log() override { return log_; }
  void append(const std::string& topic, std::int32_t partition, const std::string& value,
              std::int64_t timestamp) override {
    log_.append(topic, partition, std::nullopt, value, timestamp);
  }
  void append_aborted(const std::string& topic, std::int32_t partition, int records) override {
    Outbox lost;
    for (int i = 0; i < records; ++i) lost.add(0, partition, "key", "aborted");
    fault_ = Fault::request_lost;
    std::string reason;
    EXPECT_EQ(log_.writer("aborted", {topic})->commit(lost, {}, reason), Commit::unknown);
    fault_ = Fault::none;
  }
  void expire(const Membership& member) override { log_.expire(member); }
  std::optional<std::int64_t> committed(const std::string&, const std::string& topic,
                                        std::int32_t partition) override {
    return log_.committed(topic, partition);
  }

 private:
  Fault fault_ = Fault::none;
  MemoryLog log_{{.hook = [this](const MemoryLog::Call&) { return fault_; }}};
};

INSTANTIATE_TEST_SUITE_P(Memory, LogContract, testing::Values([] {
                           return std::unique_ptr<LogUnderTest>(new MemoryUnderTest);
                         }));

/// All records of a partition from its first offset.
std::vector<std::string> values(MemoryLog& log, const std::string& topic) {
  Signal signal;
  const auto reader = log.reader(topic);
  const PartitionOffset position{0, log.offsets(topic, 0).first};
  reader->start({&position, 1}, signal);
  std::vector<Record> records;
  reader->fetch(0, SIZE_MAX, records);
  std::vector<std::string> values;
  for (const Record& record : records) values.emplace_back(record.value);
  return values;
}

Outbox one(const std::string& value) {
  Outbox records;
  records.add(0, 0, "key", value);
  return records;
}

TEST(MemoryLog, AppliesACommitWhoseAnswerIsLost) {
  Fault fault = Fault::answer_lost;
  MemoryLog log({.hook = [&](const MemoryLog::Call&) { return fault; }});
  log.create_topic("t", 1);
  std::string reason;
  const CommittedOffset offset{"in", 0, 9};
  EXPECT_EQ(log.writer("w", {"t"})->commit(one("a"), {&offset, 1}, reason), Commit::unknown);
  EXPECT_EQ(reason, "the answer was lost");
  EXPECT_EQ(values(log, "t"), RecordValues{"a"});
  EXPECT_EQ(log.committed("in", 0), 9);
}

TEST(MemoryLog, DoesNotApplyACommitWhoseRequestIsLost) {
  Fault fault = Fault::request_lost;
  MemoryLog log({.hook = [&](const MemoryLog::Call&) { return fault; }});
  log.create_topic("t", 1);
  std::string reason;
  const CommittedOffset offset{"in", 0, 9};
  EXPECT_EQ(log.writer("w", {"t"})->commit(one("a"), {&offset, 1}, reason), Commit::unknown);
  EXPECT_EQ(reason, "the request was lost");
  EXPECT_EQ(values(log, "t"), RecordValues{});
  EXPECT_EQ(log.committed("in", 0), std::nullopt);
}

TEST(MemoryLog, TearsAnEpochAndSaysThatItIsDone) {
  const std::pair<Fault, RecordValues> cases[] = {{Fault::partial, {"a", "b"}},
                                                  {Fault::partial_rest, {"c", "d", "e"}}};
  for (const auto& [torn, visible] : cases) {
    const Fault fault = torn;
    MemoryLog log({.hook = [fault](const MemoryLog::Call&) { return fault; }});
    log.create_topic("t", 1);
    Outbox records;
    for (const char* value : {"a", "b", "c", "d", "e"}) records.add(0, 0, "key", value);
    std::string reason;
    EXPECT_EQ(log.writer("w", {"t"})->commit(records, {}, reason), Commit::done);
    EXPECT_EQ(reason, "");
    EXPECT_EQ(values(log, "t"), visible);
    EXPECT_EQ(log.offsets("t", 0).end, 6);
  }
}

TEST(MemoryLog, CanBeKilledBetweenOutputsAndTheirEpochAtLeastOnce) {
  MemoryLog log({.hook = [](const MemoryLog::Call& call) {
    if (call.kind == Kind::flush) throw std::domain_error("killed");
    return Fault::none;
  }});
  log.create_topic("t", 1);
  log.create_topic("epochs", 1);
  Outbox records = one("a");
  records.add(1, 0, "key", "epoch");
  std::string reason;
  const auto writer = log.writer("w", {"t", "epochs"}, Delivery::at_least_once);
  EXPECT_THROW(writer->commit(records, {}, reason), std::domain_error);
  EXPECT_EQ(values(log, "t"), RecordValues{"a"});
  EXPECT_EQ(values(log, "epochs"), RecordValues{});
}

TEST(MemoryLog, AKilledMemberKeepsItsPlaceUntilItExpires) {
  bool killed = false;
  MemoryLog log({.hook = [&](const MemoryLog::Call& call) {
    if (killed && call.kind == Kind::leave) throw std::domain_error("killed");
    return Fault::none;
  }});
  log.create_topic("t", 2);
  Signal signal;
  GroupMember dead{&signal};
  GroupMember alive{&signal};
  dead.join(log, "g", "t");
  alive.join(log, "g", "t");
  for (int i = 0; i < 2; ++i) {
    dead.poll();
    alive.poll();
  }
  ASSERT_EQ(alive.owned, Partitions{1});
  killed = true;
  dead.leave();
  alive.poll();
  EXPECT_EQ(alive.owned, Partitions{1});
  log.expire_gone("g", "t");
  alive.poll();
  EXPECT_EQ(alive.owned, (Partitions{0, 1}));
}

TEST(MemoryLog, TakesSettingsThatChange) {
  MemoryLog log;
  log.create_topic("t", 1);
  log.set_settings("t", {.compacted = true, .max_record_bytes = 3});
  EXPECT_TRUE(log.settings("t").compacted);
  std::string reason;
  EXPECT_THROW(log.writer("w", {"t"})->commit(one("a"), {}, reason), LogFailure);
}

TEST(MemoryLog, CallsItsHookBeforeAndAfterEveryCall) {
  std::vector<std::pair<Kind, bool>> calls;
  MemoryLog log({.hook = [&](const MemoryLog::Call& call) {
    calls.emplace_back(call.kind, call.after);
    return Fault::none;
  }});
  log.create_topic("t", 1);
  log.partitions("t");
  log.offsets("t", 0);
  log.offset_at("t", 0, 0);
  log.settings("t");
  log.delete_records("t", 0, 0);
  {
    Signal signal;
    log.join("g", "t", "", signal)->poll([](auto, bool) {});
  }
  std::string reason;
  log.writer("w", {"t"})->commit(one("a"), {}, reason);
  values(log, "t");
  std::vector<std::pair<Kind, bool>> expected;
  for (const Kind kind :
       {Kind::create_topic, Kind::partitions, Kind::offsets, Kind::offset_at, Kind::settings,
        Kind::delete_records, Kind::join, Kind::poll, Kind::leave, Kind::writer, Kind::commit,
        Kind::reader, Kind::offsets, Kind::start, Kind::fetch}) {
    expected.emplace_back(kind, false);
    expected.emplace_back(kind, true);
  }
  EXPECT_EQ(calls, expected);
}

TEST(MemoryLog, AThrowingHookStopsACallBeforeItTakesPlace) {
  bool down = false;
  MemoryLog log({.hook = [&](const MemoryLog::Call&) -> Fault {
    if (down) throw LogFailure(LogFailure::Kind::unreachable, "down");
    return Fault::none;
  }});
  log.create_topic("t", 1);
  const auto writer = log.writer("w", {"t"});
  down = true;
  std::string reason;
  EXPECT_THROW(writer->commit(one("a"), {}, reason), LogFailure);
  down = false;
  EXPECT_EQ(values(log, "t"), RecordValues{});
}

TEST(MemoryLog, ShowsAnEpochToReadersAsAWhole) {
  constexpr int kEpochs = 500;
  constexpr std::size_t kRecords = 40;
  MemoryLog log;
  log.create_topic("t", 1);
  std::thread writer([&] {
    const auto writing = log.writer("w", {"t"});
    Outbox records;
    for (std::size_t i = 0; i < kRecords; ++i) records.add(0, 0, "key", "value");
    std::string reason;
    for (int epoch = 0; epoch < kEpochs; ++epoch)
      ASSERT_EQ(writing->commit(records, {}, reason), Commit::done);
  });
  Signal signal;
  const auto reader = log.reader("t");
  const PartitionOffset position{0, 0};
  reader->start({&position, 1}, signal);
  std::size_t count = 0;
  while (count < kEpochs * kRecords) {
    std::vector<Record> records;
    const RecordReader::Fetched fetched = reader->fetch(0, SIZE_MAX, records);
    EXPECT_EQ(fetched.count % kRecords, 0U);
    count += fetched.count;
    if (fetched.count == 0 && !signal.wait_for(std::chrono::minutes(1))) break;
  }
  writer.join();
  EXPECT_EQ(count, kEpochs * kRecords);
}

TEST(MemoryLog, HoldsAProducerBackUntilTheSlowestReaderHasCaughtUp) {
  MemoryLog log;
  log.create_topic("t", 1);
  for (int i = 0; i < 100; ++i) log.append("t", 0, std::nullopt, "x", i);
  EXPECT_EQ(log.backlog("t", 0), 100);
  Signal signal;
  const auto reader = log.reader("t");
  const PartitionOffset position{0, 0};
  reader->start({&position, 1}, signal);
  EXPECT_FALSE(log.wait_for_backlog("t", 0, 50, std::chrono::milliseconds(0)));
  std::thread waiting(
      [&] { EXPECT_TRUE(log.wait_for_backlog("t", 0, 50, std::chrono::hours(1))); });
  std::vector<Record> records;
  for (int i = 0; i < 5; ++i) reader->fetch(0, 10, records);
  waiting.join();
  EXPECT_EQ(log.backlog("t", 0), 50);
}

TEST(MemoryLog, RecordsInHandOutliveTheirDeletion) {
  MemoryLog log;
  log.create_topic("t", 1);
  log.append("t", 0, "key", "kept", 1);
  Signal signal;
  const auto reader = log.reader("t");
  const PartitionOffset position{0, 0};
  reader->start({&position, 1}, signal);
  std::vector<Record> records;
  reader->fetch(0, 10, records);
  log.delete_records("t", 0, 1);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].value, "kept");
  EXPECT_EQ(log.offsets("t", 0).first, 1);
}

TEST(MemoryPartition, ReadsBackAMillionRecordsOfEverySize) {
  MemoryPartition partition;
  const std::string bytes(300, 'x');
  const auto size = [](std::int64_t i) { return static_cast<std::size_t>(i * 7919 % 300); };
  for (std::int64_t i = 0; i < 1'000'000; ++i) {
    if (i % 1000 == 0) partition.skip(1);
    partition.append(std::nullopt, std::string_view(bytes).substr(0, size(i)), i, {});
  }
  partition.trim(250'000);
  std::int64_t next = partition.range().first;
  std::int64_t expected = -1;
  std::size_t count = 0;
  while (next < partition.range().end) {
    std::vector<Record> records;
    MemoryPartition::Chunks held;
    next = partition.read(next, 777, records, held);
    for (const Record& record : records) {
      if (expected < 0) expected = record.timestamp;
      ASSERT_EQ(record.timestamp, expected++);
      ASSERT_EQ(record.value.size(), size(record.timestamp));
    }
    count += records.size();
  }
  EXPECT_EQ(expected, 1'000'000);
  EXPECT_EQ(count, 1'000'000U - 250'000U + 250U);  // 250 gaps up to there
}

}  // namespace
}  // namespace weir
