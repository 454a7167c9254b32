#include "connectors/generate/generate.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>

#include "connectors/generate/cards.h"
#include "connectors/generate/classification.h"
#include "pipeline/core/check.h"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostRecords = 4096;      // of one fetch
constexpr std::size_t kMostEvents = 64 * 1024;  // looked at in one fetch, so that it answers soon
constexpr auto kWakeEvery = std::chrono::milliseconds(10);

/// One stream of records as it is invented.
class Story {
 public:
  virtual ~Story() = default;

  enum class Next : std::uint8_t { record, passed, end };
  /// Makes the next event; `record`: its key and value were appended to `bytes`; `passed`: it
  /// belongs to another stream.
  virtual Next next(std::string& bytes, std::size_t& key_size, std::int64_t& time) = 0;
  /// Events told so far, as `rate` counts them.
  virtual std::uint64_t told() const = 0;
};

class CardsStory final : public Story {
 public:
  CardsStory(const Cards::Options& options, Cards::Stream stream)
      : cards_(options), stream_(stream) {}

  Next next(std::string& bytes, std::size_t& key_size, std::int64_t& time) override {
    Cards::Event event;
    if (!cards_.next(event)) return Next::end;
    told_ += event.stream == Cards::Stream::transactions;
    if (event.stream != stream_) return Next::passed;
    const std::size_t at = bytes.size();
    Cards::append_key(event, bytes);
    key_size = bytes.size() - at;
    Cards::append_value(event, bytes);
    time = event.time;
    return Next::record;
  }
  std::uint64_t told() const override { return told_; }

 private:
  Cards cards_;
  Cards::Stream stream_;
  std::uint64_t told_ = 0;
};

class ClassificationStory final : public Story {
 public:
  explicit ClassificationStory(const Classification::Options& options) : rows_(options) {}

  Next next(std::string& bytes, std::size_t& key_size, std::int64_t& time) override {
    if (!rows_.next(row_)) return Next::end;
    ++told_;
    key_size = 0;
    Classification::append_value(row_, bytes);
    time = Classification::time(row_);
    return Next::record;
  }
  std::uint64_t told() const override { return told_; }

 private:
  Classification rows_;
  Classification::Row row_;
  std::uint64_t told_ = 0;
};

/// Notifies a signal now and then, since records come due with time alone.
class Waker {
 public:
  explicit Waker(Signal& signal)
      : thread_([this, &signal] {
          std::unique_lock lock(mutex_);
          while (!over_.wait_for(lock, kWakeEvery, [this] { return stop_; })) signal.notify();
        }) {}
  ~Waker() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    over_.notify_one();
    thread_.join();
  }
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable over_;
  bool stop_ = false;
  std::thread thread_;
};

class StoryReader final : public RecordReader {
 public:
  StoryReader(std::unique_ptr<Story> story, double rate) : story_(std::move(story)), rate_(rate) {}

  void start(std::span<const PartitionOffset> positions, Signal& signal) override {
    check(positions.size() == 1 && positions[0].partition == 0, "a story is one partition");
    std::int64_t time = 0;
    std::size_t key_size = 0;
    while (next_ < positions[0].offset && !ended_) {
      bytes_.clear();
      take(story_->next(bytes_, key_size, time));
    }
    if (next_ < positions[0].offset)
      throw LogFailure(LogFailure::Kind::lost,
                       "generate: the stream has only " + std::to_string(next_) + " records");
    already_told_ = story_->told();
    began_ = Clock::now();
    signal.notify();
    if (rate_ > 0) waker_ = std::make_unique<Waker>(signal);
  }

  Fetched fetch(std::int32_t, std::size_t max, std::vector<Record>& out) override {
    const std::uint64_t due = due_now();
    bytes_.clear();
    made_.clear();
    std::size_t events = 0;
    while (made_.size() < std::min(max, kMostRecords) && !ended_ && story_->told() < due &&
           events++ < kMostEvents) {
      Made made{.at = bytes_.size(), .key_size = 0, .end = 0, .time = 0};
      if (!take(story_->next(bytes_, made.key_size, made.time))) continue;
      made.end = bytes_.size();
      made_.push_back(made);
    }
    std::int64_t offset = next_ - static_cast<std::int64_t>(made_.size());
    for (const Made& made : made_) {  // only now do the bytes stay where they are
      Record record;
      record.offset = offset++;
      record.timestamp = made.time;
      record.has_key = made.key_size > 0;
      record.key = std::string_view(bytes_).substr(made.at, made.key_size);
      record.value = std::string_view(bytes_).substr(made.at + made.key_size,
                                                     made.end - made.at - made.key_size);
      out.push_back(record);
    }
    return {made_.size(), ended_ || story_->told() >= due, next_};
  }

  std::int64_t end_offset(std::int32_t) override { return ended_ ? next_ : -1; }

 private:
  struct Made {
    std::size_t at, key_size, end;
    std::int64_t time;
  };

  /// Counts what the story did; returns whether it made a record.
  bool take(Story::Next what) {
    ended_ = what == Story::Next::end;
    next_ += what == Story::Next::record;
    return what == Story::Next::record;
  }

  /// The number of events that may have been told by now.
  std::uint64_t due_now() const {
    if (rate_ <= 0) return std::numeric_limits<std::uint64_t>::max();
    const double seconds = std::chrono::duration<double>(Clock::now() - began_).count();
    return already_told_ + 1 + static_cast<std::uint64_t>(seconds * rate_);
  }

  std::unique_ptr<Story> story_;
  double rate_;
  std::uint64_t already_told_ = 0;
  Clock::time_point began_;
  std::string bytes_;
  std::vector<Made> made_;
  std::int64_t next_ = 0;
  bool ended_ = false;
  std::unique_ptr<Waker> waker_;
};

class GenerateSource final : public SourceSpec {
 public:
  void describe(OptionVisitor& option) override {
    option(
        "of", of_,
        {.doc = "cards: transactions, late chargebacks, two planted drifts; classification: rows "
                "of numbers in two classes",
         .choices = "cards|classification",
         .required = true});
    option("stream", stream_,
           {.doc = "of cards: which of the two", .choices = "transactions|chargebacks"});
    option("seed", cards_.seed, {.doc = "the same seed makes the same stream"});
    option("rate", rate_,
           {.doc = "events per second of real time (of cards: transactions); 0: as fast as read",
            .min = 0});
    option("events", cards_.events, {.doc = "transactions, or rows; 0: endless"});
    describe_cards(option);
    option("features", rows_.features,
           {.doc = "of classification: fields x0, x1 ...", .min = 1, .max = 10'000});
    option("noise", rows_.noise,
           {.doc = "of classification: share of labels flipped", .min = 0, .max = 0.5});
  }

  std::unique_ptr<RecordReader> open() const override {
    if (of_ == "classification") {
      Classification::Options options = rows_;
      options.seed = cards_.seed;
      options.events = cards_.events;
      return std::make_unique<StoryReader>(std::make_unique<ClassificationStory>(options), rate_);
    }
    const auto stream =
        stream_ == "chargebacks" ? Cards::Stream::chargebacks : Cards::Stream::transactions;
    return std::make_unique<StoryReader>(std::make_unique<CardsStory>(cards_, stream), rate_);
  }

  std::unique_ptr<RecordReader> open_as(std::string_view format, const RowForm&) const override {
    if (format != "json")
      throw LogFailure(LogFailure::Kind::refused,
                       "generate makes json, not " + std::string(format));
    return open();
  }

  std::string_view format() const override { return "json"; }

 private:
  void describe_cards(OptionVisitor& option) {
    option("cards", cards_.cards, {.doc = "number of cards", .min = 1, .max = 1e6});
    option("a_day", cards_.a_day,
           {.doc = "transactions per card and day, on average", .min = 0.01, .max = 1000});
    option("amount_shift", cards_.amount_shift,
           {.doc = "the transaction from which amounts are half as large again; "
                   "0: never"});
    option("concept_change", cards_.concept_change,
           {.doc = "the transaction from which fraud looks different; 0: never"});
  }

  std::string of_ = "cards";
  std::string stream_ = "transactions";
  double rate_ = 0;
  Cards::Options cards_;
  Classification::Options rows_;
};

}  // namespace

std::unique_ptr<SourceSpec> make_generate_source() { return std::make_unique<GenerateSource>(); }

}  // namespace weir
