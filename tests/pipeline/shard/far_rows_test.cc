#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "connectors/file/file_writer.h"
#include "tests/harness/replayed.h"

namespace weir {
namespace {

using namespace engine_test;

constexpr std::int64_t kStart = 1'704'067'200'000;  // 2024
constexpr std::int64_t kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr std::int64_t kWrong = 4'102'444'800'000;  // 2100
constexpr int kRows = 2000;

std::string pipeline_text(const std::string& time, const std::string& type = "kafka") {
  const std::string where = type == "kafka" ? "topic: t" : "path: t.ndjson";
  return R"(
version: 1
pipeline: future
sources:
  tx: { type: )" + type + ", " + where + R"(, )" + time + R"(
        fields: { id: text, device: text, amount: number, ts: time } }
  cb: { type: )" + type + ", " + where + R"(, )" + time + R"(
        fields: { id: text, fraud: boolean, ts: time } }
operators:
  f: { type: features, input: tx, aggregates: { n: { count: true, over: 10m } } }
  m:
    type: model
    input: f
    features: [amount, n]
    target: fraud
    labels: { input: cb, match: id, wait: 12h, absent: false }
    steps: [standard_scaler, logistic_regression]
sinks:
  scores: { type: kafka, topic: scores, input: m, fields: [id, n, score] }
)";
}

struct Transaction {
  std::int64_t time = 0;     // as it should be
  std::int64_t written = 0;  // as its producer says
  int device = 0;
};

std::vector<Transaction> transactions(std::uint64_t seed, int count = kRows) {
  std::mt19937_64 random(seed);
  std::vector<Transaction> rows;
  for (int i = 0; i < count; ++i) {
    const std::int64_t time = kStart + i * kMinute;
    rows.push_back({time, time, static_cast<int>(random() % 20)});
  }
  return rows;
}

struct Files {
  std::string tx, cb;
};

/// The transactions; an hour after every tenth of them, what became of it.
Files files_of(const std::vector<Transaction>& rows) {
  Files files;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string id = "\"t" + std::to_string(i) + "\"";
    files.tx += "{\"id\":" + id + ",\"device\":\"d" + std::to_string(rows[i].device) +
                "\",\"amount\":" + std::to_string(i % 50) +
                ",\"ts\":" + std::to_string(rows[i].written) + "}\n";
    if (i % 10 == 0)
      files.cb += "{\"id\":" + id + ",\"fraud\":true,\"ts\":" +
                  std::to_string(rows[i].time + kHour) + "}\n";
  }
  return files;
}

struct Replayed {
  nlohmann::json summary;
  std::vector<double> counts;  // the feature `n` by row
};

Replayed replay(const std::string& yaml, const Files& files, std::size_t batch_rows = 4096) {
  const auto pipeline = read_pipeline(yaml);
  const TemporaryFolder folder;
  std::vector<Replay::Input> inputs;
  for (const auto& [name, text] : {std::pair("cb", files.cb), std::pair("tx", files.tx)}) {
    const std::string path = (folder.path() / name).string();
    std::ofstream(path) << text;
    inputs.push_back({std::make_unique<FileReader>(path, "json"), format_named("json"), path});
  }
  std::vector<std::unique_ptr<FileWriter>> outputs;
  const std::string scores = (folder.path() / "scores").string();
  outputs.push_back(open_file_writer(scores));
  Replay replay(*pipeline->graph, std::move(inputs), std::move(outputs),
                {.batch_rows = batch_rows});
  replay.run([](const Replay::Progress&) {});
  Replayed done{replay_summary(replay.result()), {}};
  done.summary.erase("seconds");
  done.summary.erase("rows_per_second");
  std::ifstream read(scores);
  for (std::string line; std::getline(read, line);)
    done.counts.push_back(nlohmann::json::parse(line)["n"].get<double>());
  return done;
}

const std::string kByDevice = "key: device, time: ts,";

std::string keyed(const std::string& type = "kafka") {
  std::string text = pipeline_text("time: ts,", type);
  return text.replace(text.find("time: ts,"), 9, kByDevice);
}

/// As with clocks that are right: labels find their rows, nothing ends before it should, and no row
/// is late. What waits at the end are the rows of the last 12 hours, and the wrong ones that the
/// clock begins with.
void expect_nothing_lost(const Replayed& wrong, const Replayed& right, const std::string& what) {
  const auto& model = wrong.summary["operators"]["m"];
  const auto& expected = right.summary["operators"]["m"];
  for (const char* outcome : {"joined", "orphan", "late", "expired"})
    EXPECT_EQ(model["labels"][outcome], expected["labels"][outcome]) << what << outcome;
  EXPECT_NEAR(model["labels"]["absent"].get<double>(), expected["labels"]["absent"].get<double>(),
              3)
      << what;
  EXPECT_EQ(wrong.summary["operators"]["f"]["late"], 0) << what;
}

TEST(FarRows, OneDeviceWithItsClockIn2100EndsNoWait) {
  for (const char* type : {"kafka", "file"}) {
    std::vector<Transaction> rows = transactions(21);
    const Replayed right = replay(pipeline_text("time: ts,", type), files_of(rows));
    EXPECT_EQ(right.summary["operators"]["m"]["labels"]["joined"], 200);
    EXPECT_EQ(right.summary.count("far_rows"), 0U);
    rows[100].written = kWrong + 100;
    const Replayed wrong = replay(pipeline_text("time: ts,", type), files_of(rows));
    expect_nothing_lost(wrong, right, type);
    EXPECT_EQ(wrong.summary["far_rows"]["tx"]["refused"], 1);
    ASSERT_EQ(wrong.counts.size(), right.counts.size());
    for (std::size_t i = 0; i < right.counts.size(); ++i)
      EXPECT_NEAR(wrong.counts[i], right.counts[i], 1) << "it counts a minute early, row " << i;
  }
}

TEST(FarRows, AWrongClockInAFileMovesNeitherTheClockNorTheMerge) {
  const std::vector<std::pair<std::string, std::function<void(std::vector<Transaction>&)>>> faults =
      {{"one device of twenty ",
        [](std::vector<Transaction>& rows) {
          for (Transaction& row : rows)
            if (row.device == 7) row.written = kWrong + row.time - kStart;
        }},
       {"a burst of 50 rows of one device ",
        [](std::vector<Transaction>& rows) {
          for (int i = 700; i < 750; ++i)
            rows[i] = {rows[i].time, kWrong + i * kMinute, 3};
        }},
       {"a wrong first row ", [](std::vector<Transaction>& rows) { rows[0].written = kWrong; }},
       {"a fifth of the rows ",
        [](std::vector<Transaction>& rows) {
          std::mt19937_64 random(5);
          for (Transaction& row : rows)
            if (random() % 5 == 0) row.written = kWrong + row.time - kStart;
        }},
       {"the last rows ", [](std::vector<Transaction>& rows) {
          for (std::size_t i = rows.size() - 5; i < rows.size(); ++i) rows[i].written = kWrong;
        }}};
  const Replayed right = replay(keyed(), files_of(transactions(57)));
  for (const auto& [what, spoil] : faults) {
    std::vector<Transaction> rows = transactions(57);
    spoil(rows);
    const Replayed whole = replay(keyed(), files_of(rows));
    expect_nothing_lost(whole, right, what);
    for (const std::size_t batch_rows : {1, 7})
      EXPECT_EQ(replay(keyed(), files_of(rows), batch_rows).summary, whole.summary) << what;
  }
}

// Files of sparse rows are merged by their own times: no label comes before its time because the
// next one is hours away.
TEST(FarRows, APauseInOneFileDoesNotBringItsRowsForward) {
  std::vector<Transaction> rows = transactions(3);
  Files files = files_of(rows);
  files.cb.clear();
  std::vector<std::int64_t> label_times;
  for (int i = 0; i < 600; ++i) {
    const std::int64_t time = rows[i].time + kHour;
    const std::int64_t morning = (time + 14 * kHour) / kDay * kDay + 9 * kHour;
    label_times.push_back(i < 60 ? time : std::max(time, morning));
    files.cb += "{\"id\":\"t" + std::to_string(i) +
                "\",\"fraud\":true,\"ts\":" + std::to_string(label_times.back()) + "}\n";
  }
  const Replayed done = replay(pipeline_text("time: ts,"), files);
  EXPECT_EQ(done.summary.count("far_rows"), 0U) << done.summary["far_rows"];
  const Replayed all = replay(pipeline_text("time: ts, confirm: 1,"), files);
  EXPECT_EQ(done.summary["output_hash"], all.summary["output_hash"]);
}

TEST(FarRows, ANightInAllFilesCostsTenRowsOfEach) {
  std::vector<Transaction> rows = transactions(4);
  for (int i = 1000; i < kRows; ++i) {
    rows[i].time += 10 * kHour;
    rows[i].written += 10 * kHour;
  }
  Files files = files_of(rows);
  const Replayed done = replay(keyed(), files);
  EXPECT_EQ(done.summary["far_rows"]["tx"]["believed"], 10);
  EXPECT_EQ(done.summary["far_rows"]["tx"]["refused"], 0);
}

TEST(FarRows, DailyFilesAreMergedByDay) {
  Files files;
  for (int i = 0; i < 200; ++i) {
    const std::string id = "\"t" + std::to_string(i) + "\"";
    files.tx += "{\"id\":" + id + ",\"device\":\"d\",\"amount\":1,\"ts\":" +
                std::to_string(kStart + i * kDay) + "}\n";
    files.cb += "{\"id\":" + id +
                ",\"fraud\":true,\"ts\":" + std::to_string(kStart + i * kDay + 6 * kHour) + "}\n";
  }
  const Replayed done = replay(pipeline_text("time: ts,"), files);
  EXPECT_EQ(done.summary.count("far_rows"), 0U) << done.summary["far_rows"];
  EXPECT_EQ(done.summary["operators"]["m"]["labels"]["joined"], 200);
}

TEST(FarRows, AShortFileBeginsItsClockAtItsEnd) {
  const std::string yaml = R"(
version: 1
pipeline: short
sources:
  tx: { type: kafka, topic: tx, time: ts, fields: { amount: number, ts: time } }
operators:
  q: { type: features, input: tx, aggregates: { n: { count: true, over: 10m } } }
sinks:
  out: { type: kafka, topic: out, input: q }
)";
  const auto pipeline = read_pipeline(yaml);
  std::vector<Row> rows;
  for (int i = 0; i < 5; ++i)
    rows.push_back({"tx", 0, "", "{\"amount\":1,\"ts\":" + std::to_string(kStart + i * kMinute) +
                                     "}", 0});
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "tx").string();
  std::ofstream file(path);
  for (const Row& row : rows) file << row.value << '\n';
  file.close();
  std::vector<Replay::Input> inputs;
  inputs.push_back({std::make_unique<FileReader>(path, "json"), format_named("json"), path});
  std::vector<std::unique_ptr<FileWriter>> outputs(1);
  Replay replay(*pipeline->graph, std::move(inputs), std::move(outputs), {});
  replay.run([](const Replay::Progress&) {});
  EXPECT_EQ(replay.shard().clock().watermark(), kStart + 4 * kMinute);
}

/// A shard of the pipeline alone; its rows come as records of a topic.
struct Live {
  explicit Live(const std::string& yaml, std::size_t batch_rows = 4096)
      : pipeline(read_pipeline(yaml)), shard(*pipeline->graph, settings(batch_rows)) {
    shard.write_to(outbox);
  }
  static Shard::Settings settings(std::size_t batch_rows) {
    Shard::Settings all;
    all.batch_rows = batch_rows;
    all.lanes = {{0, 0}, {1, 0}};  // cb, tx
    all.partitions = {1, 1};
    all.origins = {"cb", "tx"};
    return all;
  }
  void add(std::size_t lane, std::int64_t timestamp, const std::string& key,
           const std::string& value) {
    Record record;
    record.timestamp = timestamp;
    record.key = key;
    record.has_key = true;
    record.value = value;
    shard.add(lane, record);
  }

  std::unique_ptr<Pipeline> pipeline;
  Outbox outbox;
  Shard shard;
};

void add_stream(Live& live, const std::vector<Transaction>& rows, std::size_t from,
                std::size_t to) {
  for (std::size_t i = from; i < to; ++i) {
    const std::string id = "\"t" + std::to_string(i) + "\"";
    live.add(1, rows[i].written, "d" + std::to_string(rows[i].device),
             "{\"id\":" + id + ",\"device\":\"x\",\"amount\":" + std::to_string(i % 50) +
                 ",\"ts\":" + std::to_string(rows[i].written) + "}");
    if (i >= 60 && i % 10 == 0)
      live.add(0, rows[i].time, "d" + std::to_string(rows[i - 60].device),
               "{\"id\":\"t" + std::to_string(i - 60) +
                   "\",\"fraud\":true,\"ts\":" + std::to_string(rows[i].time) + "}");
  }
}

// A producer whose clock is ahead writes the record's timestamp, too, so that no comparison of the
// two finds it.
TEST(FarRows, AProducersClockInTheFutureMovesNothing) {
  for (const char* time : {"", "time: ts,"}) {
    std::vector<Transaction> rows = transactions(57);
    for (int i = 100; i < kRows; i += 97) rows[i].written = kWrong + i;
    Live live(pipeline_text(time));
    add_stream(live, rows, 0, rows.size());
    live.shard.flush();
    EXPECT_EQ(live.shard.clock().watermark(), rows[kRows - 10].time) << "the last label's";
    EXPECT_EQ(live.shard.believed().counts(1).refused, 20U);
    EXPECT_EQ(live.shard.source_counts(1).late, 0U);
    EXPECT_EQ(live.shard.source_counts(0).late, 0U);
  }
}

// A topic of labels may be read to its end before the first row.
TEST(FarRows, AWrongClockDoesNotTakeRowsToWhereTheirLabelsAre) {
  Live live(pipeline_text("time: ts,"));
  for (int i = 0; i < 2'000; i += 10) {
    const std::int64_t time = kStart + i * kMinute + kHour;
    live.add(0, time, "d", "{\"id\":\"t" + std::to_string(i) + "\",\"fraud\":true,\"ts\":" +
                               std::to_string(time) + "}");
  }
  for (int i = 0; i < 2'000; ++i) {
    const std::int64_t time = i == 100 ? kWrong : kStart + i * kMinute;
    live.add(1, time, "d", "{\"id\":\"t" + std::to_string(i) + "\",\"device\":\"x\",\"amount\":" +
                               std::to_string(i % 50) + ",\"ts\":" + std::to_string(time) + "}");
  }
  live.shard.flush();
  EXPECT_EQ(live.shard.source_counts(1).late, 0U);
  EXPECT_EQ(live.shard.clock().watermark(), kStart + 1'999 * kMinute);
}

TEST(FarRows, StepsAndARestartAnywhereGiveTheSameBits) {
  std::mt19937_64 random(11);
  std::vector<Transaction> rows = transactions(11, 400);
  for (Transaction& row : rows)
    if (random() % 5 == 0) row.written = kWrong + static_cast<std::int64_t>(random() % kDay);
  for (int i = 200; i < 400; ++i) {  // a night
    rows[i].time += 9 * kHour;
    if (rows[i].written < kWrong) rows[i].written += 9 * kHour;
  }
  rows[0].written = kWrong;
  const std::string yaml = pipeline_text("time: ts,");
  Live whole(yaml);
  add_stream(whole, rows, 0, rows.size());
  whole.shard.flush();
  EXPECT_GT(whole.shard.believed().counts(1).believed, 3U);
  EXPECT_GT(whole.shard.believed().counts(1).refused, 50U);
  for (const std::size_t batch_rows : {1, 7}) {
    Live cut(yaml, batch_rows);
    add_stream(cut, rows, 0, rows.size());
    cut.shard.flush();
    EXPECT_EQ(cut.shard.state_hash(), whole.shard.state_hash()) << batch_rows;
    EXPECT_EQ(cut.shard.output_hash(), whole.shard.output_hash()) << batch_rows;
  }
  // In the first ten rows, among far rows, in the night.
  for (const std::size_t at : {1U, 5U, 9U, 10U, 11U, 100U, 201U, 204U, 209U, 215U}) {
    Live before(yaml), after(yaml);
    add_stream(before, rows, 0, at);
    before.shard.flush();
    after.shard.load(before.shard.save());
    EXPECT_EQ(after.shard.state_hash(), before.shard.state_hash()) << at;
    add_stream(after, rows, at, rows.size());
    after.shard.flush();
    EXPECT_EQ(after.shard.state_hash(), whole.shard.state_hash()) << at;
    EXPECT_EQ(after.shard.output_hash(), whole.shard.output_hash()) << at;
    EXPECT_EQ(after.shard.believed().counts(1).refused, whole.shard.believed().counts(1).refused);
  }
}

}  // namespace
}  // namespace weir
