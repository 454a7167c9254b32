// Sinks with `headers: pass`.
#include "pipeline/shard/passed_headers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/shard/shard.h"
#include "tests/harness/pipelines.h"

namespace weir {
namespace {

using engine_test::read_pipeline;
using engine_test::said_about;

constexpr std::string_view kRows = R"(version: 1
pipeline: passes
sources:
  rows: { type: kafka, topic: rows, time: ts, fields: { id: text, x: number, y: number, ts: time } }
operators:
  twice: { type: features, input: rows, values: { double: x * 2 } }
  large: { type: filter, input: twice, when: x > 10 }
  once: { type: dedupe, input: large, key: id, within: 1h }
  model: { type: model, input: twice, features: [x], target: y, steps: [linear_regression] }
  quality: { type: evaluate, input: model.outcomes, metrics: [mae], window: 100 }
  watch: { type: drift, input: twice, fields: [x], detector: mean_shift }
)";

const std::string kPassing = std::string(kRows) + R"(sinks:
  a_scored: { type: kafka, topic: scored, input: model, fields: [id, score], headers: pass }
  b_large: { type: kafka, topic: large, input: [once, rows], fields: [id], headers: pass }
  c_plain: { type: kafka, topic: plain, input: model, fields: [id] }
  d_other: { type: kafka, topic: other, input: [quality, watch], fields: [time, shard] }
)";

using Headers = std::vector<std::pair<std::string, std::string>>;  // "null": no value

/// What one record of the outbox was written with.
struct Written {
  std::uint32_t sink;
  std::string value;
  Headers headers;
  bool operator==(const Written&) const = default;
};

struct Scene {
  explicit Scene(std::size_t batch_rows = 4096, const std::string& text = kPassing)
      : pipeline(read_pipeline(text)), shard(*pipeline->graph, settings(batch_rows)) {
    shard.write_to(outbox);
  }
  Shard::Settings settings(std::size_t batch_rows) const {
    Shard::Settings all;
    all.batch_rows = batch_rows;
    all.lanes = {{0, 0}};
    all.partitions.assign(pipeline->graph->sinks.size() + 1, 1);
    all.origins = {"rows"};
    return all;
  }
  /// The headers are gone when it returns, as a reader's are with its next records.
  void add(const std::string& value, std::vector<Header> headers) {
    std::deque<std::string> bytes;
    for (Header& header : headers) {
      header.name = bytes.emplace_back(header.name);
      if (header.value.data() != nullptr) header.value = bytes.emplace_back(header.value);
    }
    Record record;
    record.timestamp = 1'600'000'000'000;
    record.value = value;
    record.headers = headers;
    shard.add(0, record);
    for (std::string& text : bytes) std::ranges::fill(text, '?');
    std::ranges::fill(headers, Header{"gone", "gone"});
  }
  std::vector<Written> written(std::uint32_t sink) {
    shard.flush();
    std::vector<Written> all;
    for (const Outbox::Entry& entry : outbox.entries()) {
      if (entry.topic != sink) continue;
      Written& one = all.emplace_back(Written{sink, std::string(outbox.value(entry)), {}});
      for (const Header& header : outbox.headers(entry))
        one.headers.emplace_back(
            header.name, header.value.data() == nullptr ? "null" : std::string(header.value));
    }
    return all;
  }

  std::unique_ptr<Pipeline> pipeline;
  Outbox outbox;
  Shard shard;
};

std::string row(const std::string& id, double x) {
  return R"({"id":")" + id + R"(","x":)" + std::to_string(x) + R"(,"y":1,"ts":1600000000000})";
}

/// Rows with headers and without, some filtered out, one bad, one seen before.
void add_rows(Scene& scene) {
  scene.add(row("a", 1), {{"trace", "t1"}, {"trace", "t2"}, {"a", ""}, {"b", {}}});
  scene.add(row("b", 20), {});
  scene.add("no json", {{"trace", "bad"}});
  scene.add(row("c", 30), {{"z", std::string_view("\0\xff", 2)}, {"y", "1"}});
  scene.add(row("c", 31), {{"trace", "again"}});
}

TEST(PassedHeaders, ARecordHasThoseOfTheRecordThatItsRowComesFrom) {
  for (const std::size_t batch_rows : {1, 2, 4096}) {
    Scene scene(batch_rows);
    add_rows(scene);
    const std::vector<Written> scored = scene.written(0);
    ASSERT_EQ(scored.size(), 4U);
    EXPECT_EQ(scored[0].headers,
              (Headers{{"trace", "t1"}, {"trace", "t2"}, {"a", ""}, {"b", "null"}}));
    EXPECT_EQ(scored[1].headers, Headers{});
    EXPECT_EQ(scored[2].headers, (Headers{{"z", std::string("\0\xff", 2)}, {"y", "1"}}));
    EXPECT_EQ(scored[3].headers, (Headers{{"trace", "again"}}));
    // At one position the row of `once` comes before that of `rows`.
    std::vector<std::pair<std::string, std::size_t>> large;
    for (const Written& one : scene.written(1)) large.emplace_back(one.value, one.headers.size());
    EXPECT_EQ(large, (std::vector<std::pair<std::string, std::size_t>>{{R"({"id":"a"})", 4},
                                                                       {R"({"id":"b"})", 0},
                                                                       {R"({"id":"b"})", 0},
                                                                       {R"({"id":"c"})", 2},
                                                                       {R"({"id":"c"})", 2},
                                                                       {R"({"id":"c"})", 1}}));
    for (const Written& one : scene.written(2)) EXPECT_EQ(one.headers, Headers{}) << one.value;
  }
}

TEST(PassedHeaders, TheOutputHashCoversThemWhereverStepsAreCut) {
  Scene whole, cut(1), without;
  add_rows(whole);
  add_rows(cut);
  for (const char* id : {"a", "b", "c", "d"}) without.add(row(id, 1), {});
  whole.shard.flush();
  cut.shard.flush();
  EXPECT_EQ(whole.shard.output_hash(), cut.shard.output_hash());
  EXPECT_EQ(whole.shard.state_hash(), cut.shard.state_hash());

  Scene other;
  for (const char* id : {"a", "b", "c", "d"}) other.add(row(id, 1), {{"k", "v"}});
  without.shard.flush();
  other.shard.flush();
  EXPECT_NE(other.shard.output(0).hash(), without.shard.output(0).hash());
  EXPECT_EQ(other.shard.output(2).hash(), without.shard.output(2).hash());
}

TEST(PassedHeaders, TooManyOfARecordAreLeftOutWholeAndCounted) {
  Scene scene;
  const std::string half(PassedHeaders::kMostBytes / 2 - 1, 'v');
  scene.add(row("a", 1), std::vector<Header>(PassedHeaders::kMost, {"n", "v"}));
  scene.add(row("b", 1), std::vector<Header>(PassedHeaders::kMost + 1, {"n", "v"}));
  scene.add(row("c", 1), {{"1", half}, {"2", half}});
  scene.add(row("d", 1), {{"1", half}, {"22", half}});
  const std::vector<Written> scored = scene.written(0);
  ASSERT_EQ(scored.size(), 4U);
  EXPECT_EQ(scored[0].headers.size(), PassedHeaders::kMost);
  EXPECT_EQ(scored[1].headers.size(), 0U);
  EXPECT_EQ(scored[2].headers.size(), 2U);
  EXPECT_EQ(scored[3].headers.size(), 0U);
  EXPECT_EQ(scene.shard.output(0).headers_dropped(), 2U);
  EXPECT_EQ(scene.shard.output(1).headers_dropped(), 2U);
  EXPECT_EQ(scene.shard.output(2).headers_dropped(), 0U);
}

TEST(PassedHeaders, ThoseThatWouldMakeTheRecordTooLargeAreLeftOut) {
  const std::string value(1'000, 'v');
  Scene without;
  without.add(row("a", 1), {});
  const std::string written = without.written(0)[0].value;
  // Each header takes its bytes and eight more.
  const std::size_t size = written.size() + 1 + value.size() + 8;
  Scene exact, one_less;
  exact.shard.limit_records(size);
  one_less.shard.limit_records(size - 1);
  for (Scene* scene : {&exact, &one_less}) scene->add(row("a", 1), {{"n", value}});
  ASSERT_EQ(exact.written(0).size(), 1U);
  EXPECT_EQ(exact.written(0)[0].headers.size(), 1U);
  ASSERT_EQ(one_less.written(0).size(), 1U);
  EXPECT_EQ(one_less.written(0)[0].value, written);
  EXPECT_EQ(one_less.written(0)[0].headers.size(), 0U);
  EXPECT_EQ(one_less.shard.output(0).headers_dropped(), 1U);
  EXPECT_EQ(one_less.shard.dead_letters(Reason::output_too_large), 0U);
}

TEST(PassedHeaders, ASinkOfRowsThatAreNoRecordsIsRefused) {
  for (const char* input : {"quality", "watch", "model.outcomes"}) {
    const std::string said =
        said_about(std::string(kRows) +
                   "sinks:\n  out: { type: kafka, topic: out, input: [model, " + input +
                   "], fields: [time, shard], headers: pass }\n");
    EXPECT_NE(said.find("sink `out` cannot have `headers: pass`: a row of `" +
                        std::string(input) + "` is not that of one record"),
              std::string::npos)
        << said;
    EXPECT_EQ(said.find("a row of `model` is"), std::string::npos) << said;
  }
}

TEST(PassedHeaders, AFileCannotHaveThem) {
  const std::string said =
      said_about(std::string(kRows) +
                 "sinks:\n  out: { type: file, path: out.csv, input: model, headers: pass }\n");
  EXPECT_NE(said.find("`headers`"), std::string::npos) << said;
}

TEST(PassedHeaders, ChangeWhatAReplayDependsOn) {
  std::string without = kPassing;
  without.replace(without.find(", headers: pass"), 15, "");
  EXPECT_NE(read_pipeline(without)->graph->fingerprint,
            read_pipeline(kPassing)->graph->fingerprint);
}

}  // namespace
}  // namespace weir
