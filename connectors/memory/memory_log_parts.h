#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "connectors/memory/memory_log.h"

/// For memory_log*.cc: what readers, writers and members of the log in memory are made of.
namespace weir {

/// What a reader and the log share about one partition.
struct MemoryLog::Subscription {
  std::int64_t next = 0;
  Signal* signal = nullptr;
  bool at_end = true;  // wake the reader when something comes; it has seen what came before
};

struct MemoryLog::Partition {
  MemoryPartition records;
  std::vector<Subscription*> readers;

  void wake() const {
    for (Subscription* reader : readers)
      if (std::exchange(reader->at_end, false)) reader->signal->notify();
  }
};

struct MemoryLog::Topic {
  std::vector<Partition> partitions;
  TopicSettings settings;
};

class MemoryLog::Reader final : public RecordReader {
 public:
  Reader(MemoryLog& log, std::string topic) : log_(log), topic_(std::move(topic)) {}
  ~Reader() override;

  void start(std::span<const PartitionOffset> positions, Signal& signal) override;
  Fetched fetch(std::int32_t partition, std::size_t max, std::vector<Record>& out) override;
  std::int64_t end_offset(std::int32_t partition) override;

 private:
  struct Place {
    Subscription shared;
    MemoryPartition::Chunks held;  // of the records handed out last
  };

  Fetched take(std::int32_t partition, std::size_t max, std::vector<Record>& out);

  MemoryLog& log_;
  std::string topic_;
  std::map<std::int32_t, Place> places_;
};

class MemoryLog::Writer final : public LogWriter {
 public:
  /// `generation`: 0 when plain, which is not fenced.
  Writer(MemoryLog& log, std::string identity, std::uint64_t generation,
         const std::vector<std::string>& topics, Delivery delivery);

  Commit commit(const Outbox& records, std::span<const CommittedOffset> offsets,
                std::string& reason) override;
  std::size_t max_record_bytes() const override { return log_.options_.max_record_bytes; }

 private:
  /// The entries of an outbox that become visible.
  struct Visible {
    std::size_t from, to;
  };
  static Visible visible(const Outbox& records, Fault fault);
  bool fenced() const;
  bool is_plain(const Outbox::Entry& entry) const { return entry.topic < transacted_from_; }
  void refuse_impossible(const Outbox& records) const;
  void refuse_too_large(const Outbox& records, bool plain) const;
  void refuse_above(std::size_t limit, const Outbox::Entry& entry) const;
  void append_transaction(const Outbox& records, Visible visible) const;
  void append_plainly(const Outbox& records, Visible visible) const;
  Partition& append_entry(const Outbox& records, std::size_t entry, bool visible,
                          std::int64_t now) const;

  MemoryLog& log_;
  std::string identity_;
  std::uint64_t generation_;
  struct Known {
    std::string name;
    Topic* topic;  // never moves
  };
  std::vector<Known> topics_;
  std::size_t transacted_from_;  // the topics before go plainly
  bool ended_ = false;
};

class MemoryLog::Member final : public Membership {
 public:
  Member(MemoryLog& log, std::string name, MemoryGroup& group, std::string instance, Signal& signal)
      : log_(log),
        name_(std::move(name)),
        group_(group),
        instance_(std::move(instance)),
        signal_(signal) {}
  ~Member() override;

  std::span<const std::int32_t> poll(const Release& release) override;
  bool joined() const override { return joined_; }
  void expire() const { group_.expire(member_); }

 private:
  bool advance(const Release& release);
  void give_up(const Release& release, bool lost);

  MemoryLog& log_;
  std::string name_;
  MemoryGroup& group_;  // the log's, under its lock
  std::string instance_;
  Signal& signal_;
  MemoryGroup::Member member_ = 0;
  std::vector<std::int32_t> owned_;
  bool joined_ = false;
};

}  // namespace weir
