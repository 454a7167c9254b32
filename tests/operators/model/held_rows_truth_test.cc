// Rows that wait, against the rules as they are written, computed slowly: streams in wrong order,
// with gaps, bursts, silent and returning labels, idle marks and restarts.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "tests/operators/model/labels_bench.h"

namespace weir {
namespace {

using namespace labels_test;

constexpr std::int64_t kWait = 100'000, kHeard = 20'000, kEarly = 5'000, kLateness = 1'000;

std::string options(bool off, std::size_t max_waiting) {
  return R"({"input": "rows", "features": ["x"], "target": "y", "steps": ["logistic_regression"],
             "labels": {"input": "labels", "match": "id", "wait": "100s", "early": "5s",
                        "absent": false, "heard": ")" +
         std::string(off ? "off" : "20s") + "\", \"max_waiting\": " + std::to_string(max_waiting) +
         "}}";
}

/// The rules of `labels` (rows: first, late: ignore), one position after another. What is heard is
/// found in the whole history each time; rows and labels are searched one by one.
class Rules {
 public:
  Rules(bool off, std::size_t most) : off_(off), most_(most) {}

  struct Outcome {
    std::string id;
    double label;
    bool operator==(const Outcome&) const = default;
  };
  std::vector<Outcome> outcomes;
  std::map<std::string, int> ended;
  std::size_t waiting() const { return count(State::waiting); }
  std::size_t held() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        rows_, [&](const Row& r) { return r.state == State::waiting && r.due <= watermark_; }));
  }

  void position(const InputRow& one) {
    const bool tick = one.port == InputRow::kTick;
    if (!tick) highest_ = std::max(highest_, one.time);
    watermark_ = std::max(watermark_, tick ? one.time : highest_ - kLateness);
    if (start_ == kNoTime) start_ = watermark_;
    if (one.port == 1) spoken_.push_back({std::max(one.time, watermark_), one.time});
    ends_ = off_ ? watermark_ : std::min(watermark_, heard());
    end_waits();
    pass();
    if (one.port == 0) row(one);
    if (one.port == 1) label(one);
    std::erase_if(rows_, [](const Row& r) { return r.state == State::gone; });
    std::erase_if(labels_, [](const Label& l) { return l.gone; });
  }

 private:
  enum class State { waiting, joined, expired, gone };
  struct Row {
    std::string id;
    std::int64_t due;
    State state = State::waiting;
  };
  struct Label {
    std::string id;
    std::int64_t until;
    double value;
    bool gone = false;
  };
  struct Spoken {
    std::int64_t came, time;
  };

  std::size_t count(State state) const {
    return static_cast<std::size_t>(std::ranges::count(rows_, state, &Row::state));
  }

  std::int64_t heard() const {
    std::int64_t newest = kNoTime, before = kNoTime, last = start_;
    std::optional<std::int64_t> back;  // when the source came back from its last silence
    bool well = true;                  // it has spoken for long enough since
    for (const Spoken& one : spoken_) {
      if (one.came - last > kHeard) {
        before = newest;
        back = one.came;
        well = false;
      }
      if (back && one.came - *back >= kHeard) well = true;
      newest = std::max(newest, one.time);
      last = std::max(last, one.came);
    }
    if (watermark_ - last > kHeard) return newest;  // the last record before the silence of now
    return well ? newest : before;
  }

  std::int64_t forgotten_at(const Row& row) const {
    return row.state == State::joined ? row.due : row.due + kWait;
  }
  bool remembered(const Row& row) const {
    return row.state == State::joined || row.state == State::expired;
  }
  void forget_more_than_fit() {
    while (count(State::joined) + count(State::expired) > most_) {
      Row* next = nullptr;
      for (Row& row : rows_)
        if (remembered(row) && (!next || forgotten_at(row) < forgotten_at(*next))) next = &row;
      next->state = State::gone;
    }
  }

  void end_waits() {
    for (;;) {
      Row* next = nullptr;
      for (Row& row : rows_)
        if (row.state == State::waiting && row.due <= ends_ && (!next || row.due < next->due))
          next = &row;
      if (!next) return;
      pass();
      outcomes.push_back({next->id, 0});
      next->state = State::expired;
      ++ended["absent"];
      forget_more_than_fit();
    }
  }

  void pass() {
    for (Row& row : rows_)
      if (remembered(row) && forgotten_at(row) <= ends_) row.state = State::gone;
    for (Label& one : labels_)
      if (!one.gone && one.until <= watermark_) {
        one.gone = true;
        ++ended["orphan"];
      }
  }

  Row* find(const std::string& id, State state) {
    for (Row& row : rows_)
      if (row.id == id && row.state == state) return &row;
    return nullptr;
  }

  void row(const InputRow& one) {
    const std::string id = std::get<std::string>(one.cells[0]);
    for (Label& held : labels_)
      if (!held.gone && held.id == id) {
        held.gone = true;
        ++ended["joined"];
        outcomes.push_back({id, held.value});
        rows_.push_back({id, std::max(one.time, watermark_) + kWait, State::joined});
        return forget_more_than_fit();
      }
    if (find(id, State::waiting) || find(id, State::joined)) {
      ++ended["duplicate_row"];
      return;
    }
    rows_.push_back({id, std::max(one.time, watermark_) + kWait});
    while (waiting() > most_) {
      Row& oldest = *std::ranges::find(rows_, State::waiting, &Row::state);
      oldest.state = State::gone;
      ++ended[oldest.due <= watermark_ ? "unheard" : "evicted"];
    }
  }

  void label(const InputRow& one) {
    const std::string id = std::get<std::string>(one.cells[0]);
    const double value = std::get<double>(one.cells[1]);
    if (Row* row = find(id, State::waiting)) {
      ++ended["joined"];
      outcomes.push_back({id, value});
      row->state = State::joined;
      return forget_more_than_fit();
    }
    if (find(id, State::joined)) {
      ++ended["duplicate"];
    } else if (find(id, State::expired)) {
      ++ended["late"];
    } else if (std::ranges::any_of(labels_,
                                   [&](const Label& l) { return !l.gone && l.id == id; })) {
      ++ended["duplicate"];
    } else {
      labels_.push_back({id, std::max(one.time, watermark_) + kEarly, value});
      if (std::ranges::count(labels_, false, &Label::gone) > static_cast<std::int64_t>(most_)) {
        std::ranges::find(labels_, false, &Label::gone)->gone = true;
        ++ended["orphan"];
      }
    }
  }

  bool off_;
  std::size_t most_;
  std::int64_t highest_ = kNoTime, watermark_ = kNoTime, start_ = kNoTime;
  std::int64_t ends_ = kNoTime;  // by when waits end, at this position
  std::vector<Spoken> spoken_;
  std::vector<Row> rows_;
  std::vector<Label> labels_;
};

/// Rows and their labels; the labels fall silent now and then, and what they held up comes at once,
/// in or out of order, at its own time or at that of its coming.
std::vector<InputRow> stream(std::uint64_t seed, std::size_t count) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::int64_t n) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
  };
  std::vector<InputRow> out;
  std::vector<std::pair<std::int64_t, std::string>> due;  // labels to come, by their time
  std::int64_t now = 1'000'000, watermark = kNoTime, highest = kNoTime;
  std::int64_t silent_until = 0;
  int rows = 0;
  const auto send = [&](InputRow one) {
    if (one.port != InputRow::kTick) highest = std::max(highest, one.time);
    watermark = std::max(watermark, one.port == InputRow::kTick ? one.time : highest - kLateness);
    out.push_back(std::move(one));
  };
  while (out.size() < count) {
    now += below(60) == 0 ? below(150'000) : below(1'500);
    if (below(80) == 0) silent_until = now + below(4) * below(150'000);
    if (below(3) != 0) {  // a row, perhaps late, perhaps of an id that was there
      const int number = below(12) == 0 ? static_cast<int>(below(rows + 1)) : rows++;
      const std::string id = "r" + std::to_string(number);
      send(row(now - (below(8) == 0 ? below(200'000) : below(2'000)), id));
      if (below(3) != 0) due.emplace_back(now + below(130'000) - 4'000, id);
    }
    if (below(15) == 0) send(tick(std::max(watermark, now)));  // time passes
    if (below(15) == 0 && watermark != kNoTime) send(tick(watermark));  // an idle mark
    if (now < silent_until) continue;
    std::vector<std::pair<std::int64_t, std::string>> come;
    std::erase_if(due, [&](const auto& one) {
      if (one.first > now) return false;
      come.push_back(one);
      return true;
    });
    std::ranges::sort(come);
    if (below(2) == 0) std::ranges::shuffle(come, random);
    const bool own_time = below(3) == 0;
    for (const auto& [time, id] : come) {
      send(label(own_time ? time : now, id, static_cast<double>(below(2))));
      if (below(20) == 0) send(label(now, id, 1));  // twice
    }
    if (below(4) == 0) send(label(now - below(3'000), "nobody" + std::to_string(out.size())));
  }
  return out;
}

void expect_the_rules(std::uint64_t seed, bool off, std::size_t most) {
  const std::vector<InputRow> all = stream(seed, 2'000);
  Rules rules(off, most);
  for (const InputRow& one : all) rules.position(one);

  std::mt19937_64 random(seed);
  ModelBench fraud(options(off, most), rows(), labels());
  ASSERT_TRUE(fraud.bench.ok()) << fraud.bench.mistakes()[0];
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t size = std::min<std::size_t>(1 + random() % 200, all.size() - at);
    fraud.run({all.begin() + static_cast<std::ptrdiff_t>(at),
               all.begin() + static_cast<std::ptrdiff_t>(at + size)},
              4'096, kLateness);
    at += size;
    if (random() % 4 == 0) fraud.bench.load(fraud.bench.save());  // a restart
  }
  ASSERT_EQ(fraud.rows(kOutcomes), rules.outcomes.size());
  for (std::size_t i = 0; i < rules.outcomes.size(); ++i) {
    const Rules::Outcome found{fraud.text(kOutcomes, i, "id"), fraud.number(kOutcomes, i, "label")};
    ASSERT_EQ(found, rules.outcomes[i]) << "outcome " << i << ": " << rules.outcomes[i].id;
  }
  for (const char* how : {"joined", "absent", "late", "orphan", "duplicate", "duplicate_row",
                          "evicted", "unheard", "expired"})
    EXPECT_EQ(fraud.ended(how), rules.ended[how]) << how;
  EXPECT_EQ(fraud.bench.report()["weir_labels_waiting"], rules.waiting());
  EXPECT_EQ(fraud.bench.report()["weir_labels_held"], rules.held());

  for (const std::size_t batch_rows : {1, 7, 4'096}) {
    ModelBench again(options(off, most), rows(), labels());
    again.run(all, batch_rows, kLateness);
    EXPECT_EQ(again.bench.state_hash(), fraud.bench.state_hash()) << batch_rows;
    EXPECT_EQ(again.outputs, fraud.outputs) << batch_rows;
  }
}

TEST(HeldRowsTruth, EveryWaitEndsAsTheRulesSay) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed)
    for (const bool off : {false, true})
      for (const std::size_t most : {1'000'000, 60}) {
        SCOPED_TRACE("seed " + std::to_string(seed) + (off ? " off " : " ") + std::to_string(most));
        expect_the_rules(seed, off, most);
        if (testing::Test::HasFatalFailure()) return;
      }
}

TEST(HeldRowsTruth, TheStreamsHoldEveryCase) {
  std::map<std::string, int> ended;
  std::size_t held = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed)
    for (const std::size_t most : {1'000'000, 60}) {
      Rules rules(false, most);
      for (const InputRow& one : stream(seed, 2'000)) {
        rules.position(one);
        held = std::max(held, rules.held());
      }
      for (const auto& [how, times] : rules.ended) ended[how] += times;
    }
  EXPECT_GT(held, 100u);
  for (const char* how :
       {"joined", "absent", "late", "orphan", "duplicate", "duplicate_row", "evicted", "unheard"})
    EXPECT_GT(ended[how], 100) << how;
}

}  // namespace
}  // namespace weir
