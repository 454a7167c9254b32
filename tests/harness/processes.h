#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "pipeline/service/service.h"
#include "tests/harness/process_log.h"
#include "tests/harness/running_shard.h"

/// What the tests of groups share: several services over one log in memory, each of which sees it
/// as a process would, so that one can be paused.
namespace weir::engine_test {

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
    /// Hears what the process reports, before it continues.
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
