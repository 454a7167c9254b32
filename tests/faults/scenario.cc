#include "tests/faults/scenario.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "pipeline/service/topics.h"
#include "pipeline/snapshots/snapshot_folder.h"
#include "tests/faults/violation.h"

namespace weir::simulation {
namespace {

namespace fs = std::filesystem;
using engine_test::Hashes;
using engine_test::Row;
using engine_test::RunningShard;
using Call = MemoryLog::Call;
using Fault = MemoryLog::Fault;

/// What a call of a process that has died throws. No std::exception, so that nobody survives it.
struct Killed {};

bool says(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

/// What is wrong with something that is tried; empty: nothing.
template <class Try>
std::string trouble_of(Try what) {
  try {
    what();
    return {};
  } catch (const Violation&) {
    throw;
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

}  // namespace

Scenario::Scenario(std::uint64_t seed, const Versions& once, const Versions& often,
                   const fs::path& folder, Figures& figures)
    : random_(seed),
      often_(random_() % 4 == 0),
      versions_(often_ ? often : once),
      folder_(folder),
      figures_(figures),
      rows_(engine_test::random_rows(seed, static_cast<int>(120 + random_() % 120))),
      world_{log_,
             [this](const SourceConfig&) -> Log& { return log_; },
             [this] { return wall(); },
             [](const std::string& resolved) {
               return read_recorded(resolved, engine_test::vocabulary());
             },
             {}} {
  fs::remove_all(folder_);
  world_.simulated.due = [this] { return random_() % 3 == 0; };
  world_.simulated.now = [this] { return time_; };
  world_.simulated.wait = [this](Signal&, std::chrono::milliseconds time) {
    time_ += time;
    return false;
  };
  log_.create_topic("events", 1);
  layout_ = prepare_topics(*pipeline().graph, pipeline().config, world_, true);
}

void Scenario::run(int crashes) {
  for (int life = 0; life < crashes || sent_ < rows_.size(); ++life) {
    live(random_() % 200);
    if (torn_) return;
    disturb();
  }
  finish();
}

std::int64_t Scenario::wall() const {
  return 1'600'000'000'000 +
         std::chrono::duration_cast<std::chrono::milliseconds>(time_.time_since_epoch()).count();
}

Fault Scenario::fault(const Call& call) {
  if (--calls_left_ < 0) throw Killed();
  if (call.kind != Call::Kind::commit || call.after) return Fault::none;
  switch (faults_ ? random_() % 24 : 99) {
    case 0:
      ++figures_.lost_answers;
      return Fault::answer_lost;
    case 1:
      ++figures_.lost_requests;
      return Fault::request_lost;
    case 2:
      return tear(call);
    default:
      return Fault::none;
  }
}

/// An epoch of which a part is not there, and the broker says it is: rare.
Fault Scenario::tear(const Call& call) {
  if (random_() % 64 != 0 || !call.name.starts_with("weir.small.") ||
      call.name.ends_with("snapshots.0") || recovering_)
    return Fault::none;
  ++figures_.torn;
  if (!often_ && random_() % 2 == 0) {  // the epoch's record is the part that is there
    lost_outputs_ = true;
    return Fault::partial_rest;
  }
  torn_ = true;
  return Fault::partial;
}

/// One process, and sometimes another one that takes over from it, until one of them dies.
void Scenario::live(std::uint64_t calls) {
  calls_left_ = static_cast<std::int64_t>(calls);
  Process first, second;
  first.version = second.version = version_;
  if (random_() % 40 == 0) {
    second.version = first.version = version_ =
        (version_ + 1 + random_() % (versions_.size() - 1)) % versions_.size();
    ++figures_.changes;
  }
  try {
    take_turns(first, second);
  } catch (const Killed&) {
    ++figures_.crashes;
  } catch (const LogFailure& failure) {
    require(failure.kind == LogFailure::Kind::fenced, failure.what());
    ++figures_.fenced;
  } catch (const std::runtime_error& error) {
    require(torn_, error.what());
    // Whoever takes over in the same life finds the gap by the chain or by the number.
    require(says(error.what(), "follow"), error.what());
  }
  recovering_ = false;
  calls_left_ = std::numeric_limits<std::int64_t>::max();
  if (torn_) find_tear();
}

void Scenario::take_turns(Process& first, Process& second) {
  start(first);
  const bool taken_over = random_() % 4 == 0;
  for (std::uint64_t turn = 0, after = random_() % 60; turn < 2000; ++turn) {
    if (random_() % 8 == 0) append_some();
    if (taken_over && turn == after) {
      start(second);
      ++figures_.takeovers;
    }
    Process& one = second.shard && random_() % 2 == 0 ? second : first;
    if (one.shard && !work(*one.shard)) one.shard.reset();
    if (!first.shard && !second.shard) return;
  }
  if (random_() % 2 == 0) {  // not every end is a crash
    Process& owner = second.shard ? second : first;
    if (owner.shard) (*owner.shard)->finish();
  }
  ++figures_.crashes;  // all memory is lost without a call to the log
}

void Scenario::start(Process& process) {
  recovering_ = true;
  process.shard =
      std::make_unique<RunningShard>(*versions_[process.version], layout_, world_, folder_);
  process.shard->recover();
  recovering_ = false;
  ++figures_.recoveries;
}

/// Lets a process work once; false when it stopped.
bool Scenario::work(RunningShard& shard) {
  if (!shard->work()) time_ += std::chrono::milliseconds(1 + random_() % 10);
  if (shard->stopped() == StopReason::none) return true;
  require(shard->stopped() == StopReason::fenced, shard->reason());
  ++figures_.fenced;
  return false;
}

void Scenario::append_some() {
  const std::size_t more = std::min<std::size_t>(rows_.size() - sent_, random_() % 12);
  for (std::size_t i = 0; i < more; ++i) append(rows_[sent_++]);
}

void Scenario::append(const Row& row) {
  log_.append(row.source, row.partition, row.key, row.value, row.timestamp);
}

/// What a disk may look like after a crash.
void Scenario::disturb() {
  const auto files = list_snapshots(folder_ / "shard-0");
  if (files.empty()) return;
  const auto size = fs::file_size(files[0]);
  switch (random_() % 12) {
    case 0: {
      std::fstream file(files[0], std::ios::binary | std::ios::in | std::ios::out);
      file.seekp(static_cast<std::streamoff>(random_() % (size + 1)));
      file.put(static_cast<char>(random_()));
      break;
    }
    case 1:
      fs::resize_file(files[0], random_() % (size + 1));
      break;
    case 2:
      fs::remove_all(folder_);
      break;
    default:
      return;
  }
  ++figures_.damaged;
}

/// A torn epoch has lost its record, and its owner believed that it is done. If the owner wrote
/// another one, the log has a gap, which every audit finds, and a recovery unless it has a
/// snapshot from after the gap. If the owner died before, the epoch is done again.
void Scenario::find_tear() {
  faults_ = false;
  const bool gap = recorded_.has_gap();
  if (gap) ++figures_.gaps;
  const std::string audit = trouble_of([&] { recorded_.verify(pipeline()); });
  require(gap ? says(audit, "follow") : audit.empty() || says(audit, "no epoch yet"),
          audit.empty() ? "an audit does not find a gap" : audit);
  const std::string trouble = trouble_of([&] { recover_after_tear(); });
  recovering_ = false;
  // A snapshot of the torn epoch lies beyond the log's end if no epoch followed.
  require(trouble.empty() || says(trouble, gap ? "follow" : "has lost committed epochs"), trouble);
  if (trouble.empty() && !gap) recorded_.verify(pipeline());
}

void Scenario::recover_after_tear() {
  const std::vector<Row> more = engine_test::random_rows(7, 30);
  for (int life = 0; life < 2; ++life) {
    Process process;
    process.version = version_;
    start(process);
    for (const Row& row : more) append(row);
    for (int turn = 0; turn < 400; ++turn)
      if (!work(*process.shard)) break;
    (*process.shard)->finish();
  }
}

/// The rest is processed without trouble; then everything is compared.
void Scenario::finish() {
  faults_ = false;
  Process process;
  process.version = version_;
  start(process);
  RunningShard& shard = *process.shard;
  while (sent_ < rows_.size()) append_some();
  const std::int64_t end = log_.offsets("events", 0).end;
  for (int turn = 0; log_.committed("events", 0).value_or(0) < end; ++turn) {
    require(turn < 100'000, "the rows are not processed");
    require(work(shard), "fenced without another owner");
  }
  shard->finish();
  require(shard->stopped() == StopReason::none, shard->reason());
  audit(pipeline(), shard.hashes());
  figures_.rows += rows_.size();
  ++figures_.scenarios;
}

/// An auditor finds the live bits again, and every output in its topic unless some were lost.
void Scenario::audit(const Pipeline& pipeline, const Hashes& live) {
  const auto [epochs, missing] = recorded_.audit(pipeline, live);
  require(lost_outputs_ || missing.empty(), missing);
  if (often_) {
    recorded_.check_scored(rows_);
  } else {
    const bool whole = recorded_.output_hash(*pipeline.graph) == live.output;
    require(whole || says(missing, "are missing"),
            missing.empty() ? "the topics hold other outputs than were computed"
                            : "outputs are lost and verify does not say so");
    if (!lost_outputs_) recorded_.check_scored_once(rows_);
  }
  if (!missing.empty()) ++figures_.found_torn;
  figures_.epochs += epochs;
}

}  // namespace weir::simulation
