#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/core/log/log.h"
#include "pipeline/core/state_visitors.h"
#include "pipeline/snapshots/segment_folder.h"
#include "pipeline/snapshots/snapshot.h"
#include "pipeline/snapshots/snapshot_topic.h"
#include "pipeline/snapshots/state_copy.h"

namespace weir {

/// A shard's snapshots, on disk and in the snapshots topic: publishes them off the event path and
/// finds them again. Three generations in each place; sealed parts are written once and sent once.
/// A place that fails (disk full, broker away) is reported and retried with the next snapshot; the
/// other place is not affected. Memory: the snapshot being written, packed as well, and one that
/// waits (a newer one replaces it).
class SnapshotStore {
 public:
  struct Settings {
    /// The shard's; sealed parts lie in `segments` below it. Empty: nothing is read or written on
    /// disk (who only loads).
    std::filesystem::path folder;
    std::string pipeline;
    std::uint32_t shard = 0;
    Log* log = nullptr;  // none: disk only
    /// Between those sent to the topic; the first goes at once.
    std::chrono::milliseconds topic_every{300'000};
    /// false: the work is done within `publish`, without fsync (simulation).
    bool threads = true;
    Wait wait = {};                                           // default: really
    std::function<std::chrono::steady_clock::time_point()> now = {};  // default: the clock
  };

  struct Place {
    std::uint64_t written = 0, failed = 0;
    std::uint64_t epoch = 0;  // of the last one
    std::size_t bytes = 0;   // of the last one
    std::string last_error;  // empty once one was written
  };
  struct Report {
    Place disk, topic;
    std::size_t segments = 0, segment_bytes = 0;  // sealed parts that have a file
    bool fenced = false;  // another owner sends to the topic: this one does not any more
    std::map<std::string, std::size_t> sections;  // bytes of the last one's, by operator
  };

  /// A snapshot that may be loaded.
  struct Candidate {
    std::uint64_t epoch = 0;
    std::string where;                        // for a person: the file, or the topic
    std::filesystem::path file;               // empty: of the topic
    std::optional<TopicSnapshot> generation;  // of the topic
  };

  explicit SnapshotStore(Settings settings);
  ~SnapshotStore();  // finishes what waits

  /// What a StateWriter hands sealed parts to; for the shard's thread.
  SealedSink& sealed() { return segments_; }

  /// Writes it in the background, with the sections that `copy` will bring, if there is one.
  /// `last`: to the topic as well, however short the time since.
  void publish(Snapshot snapshot, bool last = false, std::unique_ptr<StateCopy> copy = nullptr);
  /// Waits until nothing waits.
  void finish();
  Report report() const;

  /// Makes this store the topic's only writer. Call it before `list`, so that nobody waits for what
  /// a predecessor left open. A failure is reported as one of the topic.
  void fence();
  /// The snapshots, newest epoch first, the disk's before the topic's. A topic that may not be
  /// read, or holds nothing complete, counts as empty, and is reported. Before the first `publish`.
  /// Throws LogFailure (`unreachable`): what the topic holds will be known later.
  std::vector<Candidate> list();
  /// Loads one, its sealed parts too (from the topic those that the disk does not have whole).
  /// Throws std::runtime_error: damaged, cut short, of a different version, not all there.
  Snapshot load(const Candidate& candidate);

  /// The oldest snapshot in the topic, as far as `list` or `publish` have seen it: the epochs topic
  /// is needed from `log_position` on. Nothing: none is there.
  std::optional<TopicSnapshot> oldest_in_topic() const;

 private:
  struct Job {
    Snapshot snapshot;
    bool last = false;
    std::unique_ptr<StateCopy> copy = nullptr;  // still at work on the sections
  };

  void run();
  void work(Job job);
  void complete(Job& job);
  template <class Write>
  void write_to(Place Report::*place, std::uint64_t epoch, Write write);
  std::size_t write_to_disk(const Snapshot& snapshot, const std::string& packed);
  SnapshotTopicReader::Payload payload_with(SnapshotTopicReader& reader,
                                            const std::vector<SealedName>& parts,
                                            const std::string& why);
  std::chrono::steady_clock::time_point now() const;

  Settings settings_;
  SegmentFolder segments_;
  std::unique_ptr<SnapshotTopicWriter> topic_;  // of the thread
  std::optional<std::chrono::steady_clock::time_point> last_sent_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Job> waiting_;
  bool busy_ = false;
  bool stop_ = false;
  Report report_;
  std::optional<TopicSnapshot> oldest_;
  std::thread thread_;
};

}  // namespace weir
