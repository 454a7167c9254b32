#include "deploy/weir/status_line.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

struct Counts {
  double rows = 0, bad = 0, dead = 0, out = 0;
};

MetricSamples samples_of(const Counts& counts, std::string shard = "0") {
  MetricSamples samples;
  samples.with({{"shard", std::move(shard)}});
  samples(metric::source_rows_total, {"outcome", "row"}, counts.rows);
  samples(metric::source_rows_total, {"outcome", "bad"}, counts.bad);
  samples(metric::dead_letters_total, {"reason", "json"}, counts.dead);
  samples(metric::sink_rows_total, {"sink", "out"}, counts.out);
  return samples;
}

/// What is said when the counters were `first` and are `then`.
std::string line(const Counts& first, const Counts& then) {
  StatusLine status(samples_of(first));
  return status.next(samples_of(then));
}

bool says(const std::string& line, std::string_view words) {
  return line.find(words) != std::string::npos;
}

TEST(StatusLine, CountsNoRowsOfBeforeTheStartAsARate) {
  const std::string said = line({.rows = 5e7, .out = 5e7}, {.rows = 5e7, .out = 5e7});
  EXPECT_TRUE(says(said, "rows 50000000 (0/s)")) << said;
  EXPECT_FALSE(says(said, "none out")) << said;
}

TEST(StatusLine, SaysThatAllRecordsWentToTheDeadLetters) {
  const std::string said = line({}, {.bad = 20, .dead = 20});
  EXPECT_TRUE(says(said, "records in, none out: all went to the dead letters")) << said;
  EXPECT_TRUE(says(said, "dead letters 20")) << said;
  // Also when good ones came before, and when the rows are good and their outputs too large.
  EXPECT_TRUE(says(line({.rows = 9, .out = 9}, {.rows = 9, .bad = 2, .dead = 2, .out = 9}),
                   "none out: all went to the dead letters"));
  EXPECT_TRUE(says(line({}, {.rows = 3, .dead = 3}), "none out: all went to the dead letters"));
}

TEST(StatusLine, SaysThatGoodRowsComeInAndNoneOut) {
  const std::string said = line({}, {.rows = 20, .bad = 1, .dead = 1});
  EXPECT_TRUE(says(said, "rows in, none out: a filter passes nothing")) << said;
  EXPECT_FALSE(says(line({}, {.rows = 20, .out = 1}), "none out"));
  EXPECT_FALSE(says(line({.bad = 1, .dead = 1}, {.bad = 1, .dead = 1}), "none out"));
}

TEST(StatusLine, GivesTheLatencyOfAllShardsSinceTheLastLine) {
  const auto reading = [](std::uint64_t slow, std::uint64_t quick) {
    MetricSamples samples = samples_of({});
    Histogram latency = Histogram::seconds();
    latency.observe(45, slow);
    samples.histogram(metric::event_latency_seconds, {}, latency);
    MetricSamples other = samples_of({}, "1");
    Histogram more = Histogram::seconds();
    more.observe(0.004, quick);
    other.histogram(metric::event_latency_seconds, {}, more);
    samples.append(other);
    return samples;
  };
  StatusLine status(reading(0, 0));
  std::string said = status.next(reading(1'000'000, 1));
  EXPECT_TRUE(says(said, "p99 59")) << said;  // what is old is caught up with
  said = status.next(reading(1'000'000, 11));
  EXPECT_TRUE(says(said, "p50 4 ms p99 5 ms")) << said;
  said = status.next(reading(1'000'000, 11));
  EXPECT_TRUE(says(said, "latency -")) << said;
  said = status.next(reading(0, 3));  // a shard was taken up again and counts from nothing
  EXPECT_TRUE(says(said, "p50 4 ms")) << said;
}

TEST(StatusLine, NamesQualityAndDriftByOperatorOverAllShards) {
  const auto of = [](const char* shard, double accuracy, double state) {
    MetricSamples samples = samples_of({}, shard);
    for (const char* name : {"quality", "second"}) {
      const MetricLabel metric[] = {{"operator", name}, {"metric", "accuracy"}};
      samples.value(metric::model_quality, metric, name[0] == 'q' ? accuracy : 0.5);
    }
    const MetricLabel field[] = {{"operator", "watch"}, {"field", "amount"}};
    samples.value(metric::drift_state, field, state);
    return samples;
  };
  MetricSamples both = of("0", 0.75, 1);
  both.append(of("1", 0.25, 2));
  StatusLine status(both);
  const std::string said = status.next(both);
  EXPECT_TRUE(says(said, "| quality.accuracy=0.2500..0.7500 second.accuracy=0.5000 |")) << said;
  EXPECT_TRUE(says(said, "| watch.amount=DRIFT")) << said;
}

TEST(StatusLine, ADriftOfOneShardIsShownRatherThanThatAnotherHasNoData) {
  const auto of = [](const char* shard, double state) {
    MetricSamples samples = samples_of({}, shard);
    const MetricLabel field[] = {{"operator", "watch"}, {"field", "amount"}};
    samples.value(metric::drift_state, field, state);
    return samples;
  };
  const auto said = [&](double one, double other) {
    MetricSamples both = of("0", one);
    both.append(of("1", other));
    StatusLine status(both);
    return status.next(both);
  };
  EXPECT_TRUE(says(said(3, 2), "| watch.amount=DRIFT")) << said(3, 2);
  EXPECT_TRUE(says(said(2, 3), "| watch.amount=DRIFT")) << said(2, 3);
  EXPECT_TRUE(says(said(1, 3), "| watch.amount=no data")) << said(1, 3);
  EXPECT_TRUE(says(said(3, 0), "| watch.amount=no data")) << said(3, 0);
}

TEST(StatusLine, SaysHowManyRowsAreHeldAndForHowLongNoLabelHasCome) {
  const auto of = [](double held, double seconds) {
    MetricSamples samples = samples_of({});
    samples(metric::labels_waiting, 90.0);
    samples(metric::labels_held, held);
    samples(metric::labels_silence_seconds, seconds);
    return samples;
  };
  StatusLine status(of(0, 0));
  std::string said = status.next(of(40, 7'200));
  EXPECT_TRUE(says(said, "waiting for labels 90 held 40 | no label for 120m")) << said;
  said = status.next(of(0, 0));
  EXPECT_FALSE(says(said, "held")) << said;
  EXPECT_FALSE(says(said, "no label")) << said;
}

TEST(StatusLine, GivesNoRateWhileShardsComeAndGo) {
  MetricSamples one = samples_of({.rows = 100});
  MetricSamples both = one;
  both.append(samples_of({.rows = 1e6}, "1"));
  StatusLine status(one);
  for (const MetricSamples* samples : {&both, &one}) {
    const std::string moved = status.next(*samples);
    EXPECT_TRUE(says(moved, "(-/s)")) << moved;
    EXPECT_FALSE(says(moved, "none out")) << moved;
    EXPECT_TRUE(says(status.next(*samples), "(0/s)"));
  }
}

}  // namespace
}  // namespace weir
