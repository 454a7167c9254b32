#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "connectors/memory/memory_log.h"
#include "pipeline/epochs/epoch_record.h"
#include "tests/harness/commits.h"

namespace weir::engine_test {

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
  void resume() {
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
  /// Ends the leases of its members, which is paused: a call that was under way when it was paused
  /// comes to its end first, or the member would join the group again at once.
  void expire() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return polling_ == 0; });
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
      std::span<const std::int32_t> ours;
      {
        const Polling polling(of_);
        // It may be paused while it releases shards, too.
        ours = member_->poll([&](std::span<const std::int32_t> partitions, bool lost) {
          const Outside outside(of_);
          release(partitions, lost);
        });
      }
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

  /// While it lives, a member asks the group.
  class Polling {
   public:
    explicit Polling(ProcessLog& of) : of_(of) { of_.enter(); }
    ~Polling() { of_.leave(); }
    Polling(const Polling&) = delete;

   private:
    ProcessLog& of_;
  };
  /// While it lives, a member that asks the group does not.
  class Outside {
   public:
    explicit Outside(ProcessLog& of) : of_(of) { of_.leave(); }
    ~Outside() { of_.enter(); }
    Outside(const Outside&) = delete;

   private:
    ProcessLog& of_;
  };

  void gate() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !paused_; });
  }
  void enter() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !paused_; });
    ++polling_;
  }
  void leave() {
    {
      const std::lock_guard lock(mutex_);
      --polling_;
    }
    changed_.notify_all();
  }

  MemoryLog& log_;
  std::string name_;
  Commits& commits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool paused_ = false, fence_once_ = false;
  int polls_ = 0, polling_ = 0;
  std::set<const Membership*> members_;
};

}  // namespace weir::engine_test
