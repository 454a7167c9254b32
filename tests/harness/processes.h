#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

#include "pipeline/service/service.h"
#include "tests/harness/running_shard.h"

/// What the tests of groups share: several services over one log in memory, each seeing it as a
/// process of its own does, so that one can be stopped for a while.
namespace weir::engine_test {

/// Who committed which epoch of which shard.
class Commits {
 public:
  void add(std::uint32_t shard, std::uint64_t epoch, const std::string& by) {
    const std::lock_guard lock(mutex_);
    by_[{shard, epoch}].push_back(by);
  }
  std::vector<std::string> of(std::uint32_t shard, std::uint64_t epoch) {
    const std::lock_guard lock(mutex_);
    return by_[{shard, epoch}];
  }

 private:
  std::mutex mutex_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::vector<std::string>> by_;
};

/// A log as the process `name` sees it. While it is paused no call of it returns that may change
/// anything, as with SIGSTOP.
class ProcessLog final : public Log {
 public:
  ProcessLog(MemoryLog& log, std::string name, Commits& commits)
      : log_(log), name_(std::move(name)), commits_(commits) {}

  void pause() {
    const std::lock_guard lock(mutex_);
    paused_ = true;
  }
  void go_on() {
    {
      const std::lock_guard lock(mutex_);
      paused_ = false;
    }
    changed_.notify_all();
  }
  /// How often a member has asked the group.
  int polls() {
    const std::lock_guard lock(mutex_);
    return polls_;
  }
  /// The next time that a member asks, it hears once that another has its instance.
  void fence_once() {
    const std::lock_guard lock(mutex_);
    fence_once_ = true;
  }
  /// Ends the leases of its members.
  void expire() {
    const std::lock_guard lock(mutex_);
    for (const Membership* member : members_) log_.expire(*member);
  }

  using Log::partitions;
  std::optional<std::int32_t> partitions(const std::string& topic,
                                         std::chrono::milliseconds patience) override {
    return log_.partitions(topic, patience);
  }
  void create_topic(const std::string& topic, std::int32_t partitions,
                    const std::map<std::string, std::string>& settings) override {
    log_.create_topic(topic, partitions, settings);
  }
  TopicSettings settings(const std::string& topic) override { return log_.settings(topic); }
  using Log::offsets;
  OffsetRange offsets(const std::string& topic, std::int32_t partition,
                      std::chrono::milliseconds patience) override {
    return log_.offsets(topic, partition, patience);
  }
  std::int64_t offset_at(const std::string& topic, std::int32_t partition,
                         std::int64_t time_ms) override {
    return log_.offset_at(topic, partition, time_ms);
  }
  void delete_records(const std::string& topic, std::int32_t partition,
                      std::int64_t before) override {
    log_.delete_records(topic, partition, before);
  }
  std::unique_ptr<RecordReader> reader(const std::string& topic) override {
    return log_.reader(topic);
  }
  std::unique_ptr<LogWriter> writer(const std::string& identity, std::vector<std::string> topics,
                                    Delivery delivery) override {
    gate();
    const bool epochs = topics.back().ends_with(".epochs");
    return std::make_unique<Writer>(*this, log_.writer(identity, std::move(topics), delivery),
                                    epochs);
  }
  std::unique_ptr<Membership> join(const std::string& group, const std::string& topic,
                                   const std::string& instance, Signal& signal) override {
    return std::make_unique<Member>(*this, log_.join(group, topic, instance, signal));
  }

 private:
  class Writer final : public LogWriter {
   public:
    Writer(ProcessLog& of, std::unique_ptr<LogWriter> writer, bool epochs)
        : of_(of), writer_(std::move(writer)), epochs_(epochs) {}
    Commit commit(const Outbox& records, std::span<const CommittedOffset> offsets,
                  std::string& reason) override {
      of_.gate();
      const Commit end = writer_->commit(records, offsets, reason);
      if (end == Commit::done && epochs_) {
        const Outbox::Entry& last = records.entries().back();
        of_.commits_.add(static_cast<std::uint32_t>(last.partition),
                         EpochRecord::read(records.value(last), {}).epoch, of_.name_);
      }
      return end;
    }
    std::size_t max_record_bytes() const override { return writer_->max_record_bytes(); }

   private:
    ProcessLog& of_;
    std::unique_ptr<LogWriter> writer_;
    bool epochs_;
  };
  class Member final : public Membership {
   public:
    Member(ProcessLog& of, std::unique_ptr<Membership> member)
        : of_(of), member_(std::move(member)) {
      const std::lock_guard lock(of_.mutex_);
      of_.members_.insert(member_.get());
    }
    ~Member() override {
      const std::lock_guard lock(of_.mutex_);
      of_.members_.erase(member_.get());
    }
    std::span<const std::int32_t> poll(const Release& release) override {
      of_.gate();
      const auto ours = member_->poll(release);
      const std::lock_guard lock(of_.mutex_);
      ++of_.polls_;
      if (std::exchange(of_.fence_once_, false))
        throw LogFailure(LogFailure::Kind::fenced, "another member has joined as x");
      return ours;
    }
    bool joined() const override { return member_->joined(); }

   private:
    ProcessLog& of_;
    std::unique_ptr<Membership> member_;
  };

  void gate() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !paused_; });
  }

  MemoryLog& log_;
  std::string name_;
  Commits& commits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool paused_ = false, fence_once_ = false;
  int polls_ = 0;
  std::set<const Membership*> members_;
};

/// A pipeline over a log in memory that several services run.
class Site {
 public:
  explicit Site(std::uint32_t count = 4, const Set& set = {})
      : shards(count), pipeline(read_pipeline(kDiamond, settings(count, set))) {
    cluster.create_sources(*pipeline->graph, static_cast<std::int32_t>(shards));
    layout = cluster.prepare(*pipeline);
  }

  /// A process that runs a service; its end is a graceful one.
  class Process {
   public:
    /// Hears what the process tells, before it goes on.
    using Listener = std::function<void(Process&, const std::string&)>;

    Process(Site& site, const std::string& name, const Set& set = {}, Listener listener = {})
        : listener_(std::move(listener)),
          log(site.cluster.log(), name, site.commits),
          world_{log, [this](const SourceConfig&) -> Log& { return log; },
                 [] { return std::int64_t{1'700'000'000'000}; },
                 [](const std::string& resolved) { return read_recorded(resolved, vocabulary()); }},
          pipeline_(read_pipeline(kDiamond, settings(site.shards, set))),
          service(pipeline_->config, *pipeline_->graph, site.layout, world_, folder_.path(),
                  Owner{name, "host", 1}, [this](const Notice& line) {
                    if (listener_) listener_(*this, line.text);
                    const std::lock_guard lock(mutex_);
                    told_.push_back(line.text);
                  }) {
      service.start();
    }
    const std::filesystem::path& folder() const { return folder_.path(); }
    /// How often it has said so.
    int told(const std::string& text) {
      const std::lock_guard lock(mutex_);
      int count = 0;
      for (const std::string& line : told_) count += line.find(text) != std::string::npos;
      return count;
    }

   private:
    std::mutex mutex_;
    std::vector<std::string> told_;
    Listener listener_;
    TemporaryFolder folder_;

   public:
    ProcessLog log;

   private:
    World world_;
    std::unique_ptr<Pipeline> pipeline_;

   public:
    Service service;
  };

  std::vector<EpochRecord> epochs(std::uint32_t shard) {
    return read_epochs(cluster.log(), "diamond", shard, 0);
  }
  /// The owners of a shard, one after another.
  std::vector<std::string> owners(std::uint32_t shard) {
    std::vector<std::string> all;
    for (const EpochRecord& record : epochs(shard))
      if (record.owner) all.push_back(record.owner->instance);
    return all;
  }
  /// How many shards each has now.
  std::map<std::string, int> shares() {
    std::map<std::string, int> count;
    for (std::uint32_t shard = 0; shard < shards; ++shard)
      if (const auto all = owners(shard); !all.empty()) ++count[all.back()];
    return count;
  }
  void append(std::size_t count) {
    cluster.append(std::span(rows).subspan(sent, count));
    sent += count;
  }
  bool all_committed() {
    for (std::int32_t p = 0; p < static_cast<std::int32_t>(shards); ++p)
      if (cluster.log().committed("events", p).value_or(0) !=
          cluster.log().offsets("events", p).end)
        return false;
    return true;
  }
  /// Waits until it is so; false: not within a minute.
  bool wait_until(const std::function<bool()>& so) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!so()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      committed.wait_for(std::chrono::milliseconds(20));
    }
    return true;
  }

  /// Every record is in one epoch, every epoch is of the owner that says so, and outputs are there
  /// as often as a clean replay puts them out.
  void expect_all_once() {
    std::vector<std::uint64_t> put_out(pipeline->graph->sinks.size());
    for (std::uint32_t shard = 0; shard < shards; ++shard) {
      SCOPED_TRACE("shard " + std::to_string(shard));
      std::string owner;
      std::int64_t next = 0;
      for (const EpochRecord& record : epochs(shard)) {
        if (record.owner) owner = record.owner->instance;
        EXPECT_EQ(commits.of(shard, record.epoch), std::vector{owner}) << record.epoch;
        for (const Run& run : record.runs) {
          EXPECT_EQ(run.first, next);
          next = run.last + 1;
        }
      }
      EXPECT_EQ(next, cluster.log().offsets("events", static_cast<std::int32_t>(shard)).end);
      AuditedShard again(*pipeline, layout, cluster.world(), nowhere.path(), shard);
      again.verify();
      for (std::size_t sink = 0; sink < put_out.size(); ++sink)
        put_out[sink] += again->shard().output(sink).rows();
    }
    for (std::size_t sink = 0; sink < put_out.size(); ++sink) {
      std::uint64_t there = 0;
      const std::string topic = pipeline->graph->sinks[sink].config->spec->topic();
      for (std::int32_t p = 0; p < cluster.log().partitions(topic); ++p)
        there += cluster.records(topic, p).size();
      EXPECT_EQ(there, put_out[sink]) << topic;
    }
  }
  /// What a service kept is what a clean replay gives.
  void expect_equal(const Service& ended) {
    for (const ShardEnd& end : ended.ends())
      EXPECT_EQ(verified(*pipeline, layout, cluster.world(), end.shard),
                (Hashes{end.output_hash, end.state_hash}))
          << "shard " << end.shard;
  }

  static Set settings(std::uint32_t count, Set set) {
    set.insert(set.begin(), {{"engine.shards", std::to_string(count)},
                             {"engine.epoch", "2ms"},
                             {"engine.run_rows", "20"},
                             {"engine.snapshot_every", "10ms"},
                             {"engine.membership", "group"}});
    return set;
  }

  Signal committed;
  std::uint32_t shards;
  Commits commits;
  Cluster cluster{{.hook = [this](const MemoryLog::Call& call) {
    if (call.kind == MemoryLog::Call::Kind::commit && call.after) committed.notify();
    return MemoryLog::Fault::none;
  }}};
  std::unique_ptr<Pipeline> pipeline;
  Layout layout;
  std::vector<Row> rows =
      random_rows(50, kSanitized ? 800 : 4000, static_cast<std::int32_t>(shards));
  std::size_t sent = 0;
  TemporaryFolder nowhere;
};

}  // namespace weir::engine_test
