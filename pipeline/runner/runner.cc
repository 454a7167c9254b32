#include "pipeline/runner/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pipeline/core/check.h"
#include "pipeline/epochs/epoch_log.h"

namespace weir {
namespace {

// An epoch closes by its time or the first of these, far below the transaction time-out.
constexpr std::uint64_t kEpochRows = 50'000;
constexpr std::size_t kEpochBytes = 8 << 20;
constexpr std::size_t kEpochRuns = 2'000;
// How old the knowledge that a partition has no more may be when time passes on it.
constexpr std::chrono::seconds kConfirmEvery{1};
// After an answer that did not come soon: for this partition, and for all.
constexpr std::chrono::seconds kAskAgain{20};
constexpr std::chrono::seconds kAskAnyAgain{2};

}  // namespace

Runner::Runner(const Graph& graph, const Layout& layout, World& world, Settings settings,
               Signal& signal)
    : live_graph_(graph),
      live_layout_(layout),
      graph_(&graph),
      layout_(&layout),
      world_(world),
      settings_(std::move(settings)),
      signal_(signal),
      deadline_(now()),
      watermark_since_(now()) {
  make_shard();
}

Runner::~Runner() {
  committer_.reset();  // a commit in hand reads an outbox
}

void Runner::make_shard() {
  Shard::Settings shard;
  shard.shard = settings_.shard;
  shard.batch_rows = settings_.engine.batch_rows;
  shard.partitions = layout_->output_partitions;
  for (std::size_t s = 0; s < graph_->sources.size(); ++s) {
    const SourceNode& source = graph_->sources[s];
    const std::string topic = source.config->spec->topic();
    shard.origins.push_back(topic.empty() ? source.name : topic);
    for (std::int32_t p = 0; p < layout_->source_partitions[s]; ++p)
      if (static_cast<std::uint32_t>(p) % layout_->shards == settings_.shard)
        shard.lanes.push_back({s, p});
  }
  shard_ = std::make_unique<Shard>(*graph_, std::move(shard));
  if (record_bytes_ != 0) shard_->limit_records(record_bytes_);
  outboxes_[open_].clear();  // of a replay that came to nothing
  shard_->write_to(outboxes_[open_]);
}

/// The log of a source: that of the file, which has the secrets that no epoch records.
Log& Runner::log_of(const SourceNode& source) const {
  const auto live = std::ranges::find(live_graph_.sources, source.name, &SourceNode::name);
  return world_.source_log(live != live_graph_.sources.end() ? *live->config : *source.config);
}

void Runner::wait(std::chrono::milliseconds time) {
  if (world_.simulated.wait)
    world_.simulated.wait(signal_, time);
  else
    signal_.wait_for(time);
}

void Runner::stop(Stopped why, std::string reason) {
  if (stopped_ != Stopped::no) return;
  nobody_dies();
  stopped_ = why;
  reason_ = std::move(reason);
}

bool Runner::work() {
  if (stopped_ != Stopped::no) return false;
  collect();
  if (stopped_ != Stopped::no) return false;
  const auto turn = beside_others();
  const auto time = now();
  deadline_ = time + std::chrono::milliseconds(1000);
  if (due() && !in_flight_) close_epoch(false);
  watch_headroom(time);
  const bool full = epoch_rows_ >= kEpochRows || outboxes_[open_].size() >= kEpochBytes ||
                    record_.runs.size() + record_.marks.size() >= kEpochRuns;
  if (full) return false;  // back-pressure: the epoch before is still on its way
  try {
    refill(time);
  } catch (const LogFailure& failure) {
    try {
      if (failure.kind == LogFailure::Kind::lost && settings_.engine.on_lost_input == OnLostInput::skip &&
          pass_over_lost())
        return true;
      stop_for(failure);
    } catch (const LogFailure& another) {
      stop_for(another);
    }
    return false;
  }
  if (run_commands()) return true;
  const bool marked = mark_idle(time);
  if (const auto lane = lanes_->choose(shard_->clock(), settings_.engine.align.ms)) {
    run(*lane);
    return true;
  }
  shard_->flush();
  const bool ticked = tick(time);
  // With nothing open the state is that of the epoch closed last. The next may come when the input
  // is gone.
  if (snapshot_due_ && !epoch_began_ && !in_flight_) {
    take_snapshot();
    publish_snapshot(false);
  }
  if (epoch_began_ && !in_flight_)  // else the end of the commit is what is waited for
    deadline_ =
        std::min(deadline_, *epoch_began_ + std::chrono::milliseconds(settings_.engine.epoch.ms));
  return marked || ticked;
}

void Runner::stop_for(const LogFailure& failure) {
  stop(failure.kind == LogFailure::Kind::lost          ? Stopped::lost_input
       : failure.kind == LogFailure::Kind::unreachable ? Stopped::unreachable
                                                       : Stopped::failed,
       failure.kind == LogFailure::Kind::lost ? with_way_out(failure) : failure.what());
}

/// Makes records, in the order in which they are processed, part of the open epoch.
void Runner::note_run(const std::string& source, std::int32_t partition,
                      std::span<const Record> records) {
  if (!epoch_began_) epoch_began_ = now();
  if (record_.runs.empty() && record_.marks.empty()) record_.sequence = shard_->sequence();
  const bool goes_on = !record_.runs.empty() && record_.runs.back().source == source &&
                       record_.runs.back().partition == partition;
  if (!goes_on) record_.runs.push_back({source, partition, 0, records.front().offset, 0});
  record_.runs.back().count += records.size();
  record_.runs.back().last = records.back().offset;
  epoch_rows_ += records.size();
}

void Runner::run(std::size_t lane) {
  const std::span<const Record> records =
      lanes_->take(lane, settings_.engine.run_rows, kEpochBytes);
  note_in_hand(lane);
  note_run(graph_->sources[lanes_->lane(lane).source].name, lanes_->lane(lane).partition, records);
  for (const Record& record : records)
    if (one_by_one())
      process_alone(lane, record);
    else
      process(lane, record);
  last_times_[lane] = records.back().timestamp;
  const std::uint64_t half = (records.size() + 1) / 2;
  sent_[open_].timestamps.emplace_back(records.front().timestamp, half);
  if (records.size() > 1)
    sent_[open_].timestamps.emplace_back(records.back().timestamp, records.size() - half);
}

void Runner::process(std::size_t lane, const Record& record) {
  const std::string& source = graph_->sources[lanes_->lane(lane).source].name;
  const std::int32_t partition = lanes_->lane(lane).partition;
  record_.in = hash_input(record_.in, partition, record);
  if (is_poison(source, partition, record.offset)) {
    record_.skips.push_back({source, partition, record.offset});
    shard_->skip(lane, record);
  } else {
    shard_->add(lane, record);
  }
}

bool Runner::due() const {
  if (!epoch_began_) return false;
  return epoch_rows_ >= kEpochRows || outboxes_[open_].size() >= kEpochBytes ||
         record_.runs.size() + record_.marks.size() >= kEpochRuns ||
         now() - *epoch_began_ >= std::chrono::milliseconds(settings_.engine.epoch.ms);
}

void Runner::mark(Mark one) {
  if (!epoch_began_) epoch_began_ = now();
  if (record_.runs.empty() && record_.marks.empty()) record_.sequence = shard_->sequence();
  one.sequence = shard_->sequence();
  record_.marks.push_back(std::move(one));
}

/// Whether a lane's partition may be asked about now.
bool Runner::may_ask(std::size_t lane) const {
  return now() >= std::max(ask_again_[lane], ask_any_again_);
}

/// What a lane's partition holds. Nothing when the answer does not come soon: the other lanes do
/// not wait for a broker that is away, nor is it asked again at once.
std::optional<OffsetRange> Runner::ask(std::size_t lane) {
  const SourceNode& source = graph_->sources[lanes_->lane(lane).source];
  try {
    return log_of(source).offsets(source.config->spec->topic(), lanes_->lane(lane).partition,
                                  kSoon);
  } catch (const LogFailure&) {
    ask_again_[lane] = now() + kAskAgain;
    ask_any_again_ = now() + kAskAnyAgain;
    return std::nullopt;
  }
}

/// Whether a lane is at the end of its partition now: an end seen once may be old by the time that
/// it matters, above all while the broker cannot be reached.
bool Runner::at_end(std::size_t lane, Clock::time_point time) {
  const SourceConfig& source = *graph_->sources[lanes_->lane(lane).source].config;
  if (source.spec->topic().empty() || time - confirmed_[lane] < kConfirmEvery) return true;
  if (!may_ask(lane)) return false;
  if (const auto range = ask(lane); range && range->end <= lanes_->read_to(lane)) {
    confirmed_[lane] = time;
    return true;
  }
  lanes_->end_again(lane, now());
  return false;
}

/// Idle marks: a lane that has been at its end for its source's `idle` no longer holds the
/// watermark, however much the other lanes have.
bool Runner::mark_idle(Clock::time_point now) {
  bool marked = false;
  for (std::size_t lane = 0; lane < lanes_->size(); ++lane) {
    const auto ended = lanes_->ended(lane);
    if (!ended || shard_->clock().is_idle(lane)) continue;
    const SourceNode& source = graph_->sources[lanes_->lane(lane).source];
    const auto idle_at = *ended + std::chrono::milliseconds(source.config->idle.ms);
    if (now < idle_at) {
      deadline_ = std::min(deadline_, idle_at);
      continue;
    }
    if (!at_end(lane, now)) continue;
    mark({0, Mark::Kind::idle, 0, source.name, lanes_->lane(lane).partition});
    shard_->idle(lane);
    marked = true;
  }
  return marked;
}

/// A tick: time that passes where no record says so, made part of the record.
bool Runner::tick(Clock::time_point now) {
  const std::int64_t watermark = shard_->clock().watermark();
  if (watermark != last_watermark_) {
    last_watermark_ = watermark;
    watermark_since_ = now;
  }
  if (!shard_->clock().all_idle() || watermark == kNoTime) return false;
  const auto timer = shard_->next_timer();
  if (!timer) return false;
  const auto passed =
      std::chrono::duration_cast<std::chrono::milliseconds>(now - watermark_since_).count();
  if (watermark + passed < *timer) {
    deadline_ = std::min(deadline_, now + std::chrono::milliseconds(std::min<std::int64_t>(
                                              1000, *timer - watermark - passed)));
    return false;
  }
  for (std::size_t lane = 0; lane < lanes_->size(); ++lane)
    if (!at_end(lane, now)) return false;
  mark({0, Mark::Kind::tick, watermark + passed, {}, 0});
  shard_->tick(watermark + passed);
  shard_->flush();
  return true;
}

void Runner::close_epoch(bool with_state) {
  shard_->flush();
  if (!epoch_began_) return;
  check(!in_flight_, "the epoch before is committed");
  epoch_seconds_.observe(std::chrono::duration<double>(now() - *epoch_began_).count());
  record_.epoch = next_epoch_;
  record_.logic = graph_->fingerprint;
  record_.out = shard_->output_hash();
  if (!announced_) record_.owner = settings_.owner;
  announced_ = true;
  if (with_state) record_.state = shard_->state_hash();
  Outbox& outbox = outboxes_[open_];
  const std::string text = record_.write(chain_);
  outbox.add(static_cast<std::uint32_t>(layout_->topics.size() - 1),
             static_cast<std::int32_t>(settings_.shard), std::nullopt, text);
  Committer::Job job{&outbox, {}, record_.epoch, record_.chain, log_position_};
  for (std::size_t lane = 0; lane < lanes_->size(); ++lane) {
    const SourceConfig& source = *graph_->sources[lanes_->lane(lane).source].config;
    if (source.elsewhere()) continue;  // that topic is another cluster's
    const std::string topic = source.spec->topic();
    if (!topic.empty() && lanes_->position(lane) > 0)
      job.offsets.push_back({topic, lanes_->lane(lane).partition, lanes_->position(lane)});
  }
  chain_ = record_.chain;
  const bool snapshot =
      with_state || snapshot_due_ ||
      now() - last_snapshot_ >= std::chrono::milliseconds(settings_.engine.snapshot_every.ms);
  if (snapshot) find_log_position();
  last_position_ = log_position_;
  ++next_epoch_;
  if (snapshot) take_snapshot();
  record_ = {};
  epoch_rows_ = 0;
  epoch_began_.reset();
  in_flight_ = true;
  closed_ = lanes_->positions();
  committer_->submit(std::move(job));
  open_ = 1 - open_;
  shard_->write_to(outboxes_[open_]);
}

/// Takes note of a commit that has ended.
void Runner::collect() {
  if (!in_flight_) return;
  const Committer::State state = committer_->state();
  if (state == Committer::State::busy) return;
  in_flight_ = false;
  if (state == Committer::State::fenced) return stop(Stopped::fenced, committer_->reason());
  if (state == Committer::State::failed)
    return stop(committer_->unreachable() ? Stopped::unreachable : Stopped::failed,
                committer_->reason());
  ++log_position_;
  Outbox& outbox = outboxes_[1 - open_];
  outbox.clear();
  const std::int64_t now = world_.now_ms();
  for (const auto& [timestamp, times] : sent_[1 - open_].timestamps)
    latency_.observe(static_cast<double>(std::max<std::int64_t>(0, now - timestamp)) / 1000, times);
  sent_[1 - open_].timestamps.clear();
  survived();
  if (pending_) publish_snapshot(finishing_);
}

void Runner::finish() {
  if (!committer_ || !lanes_) return;
  finishing_ = true;
  // A shard that stopped since input is gone is whole: what it knows is kept for the next start.
  const bool whole = stopped_ == Stopped::no || stopped_ == Stopped::lost_input;
  if (whole && in_flight_) committer_->wait();
  collect();
  if (whole && committer_->state() == Committer::State::idle) {
    shard_->flush();
    if (epoch_began_) {
      close_epoch(true);
      committer_->wait();
      collect();
    } else if (!all_kept()) {
      take_snapshot();
      publish_snapshot(true);
    }
  }
  snapshots_.reset();  // what waits is written
  nobody_dies();
}

/// Whether both places have the state as it is: as it was begun with, or as it was written since.
bool Runner::all_kept() {
  if (snapshot_epoch_ < epoch()) return false;
  snapshots_->finish();
  note_written();
  if (snapshot_positions_.size() != lanes_->size()) return false;
  for (std::size_t lane = 0; lane < lanes_->size(); ++lane)  // gaps make no epoch
    if (lanes_->position(lane) > snapshot_positions_[lane].first) return false;
  if (!published_) return true;
  const SnapshotStore::Report report = snapshots_->report();
  return report.disk.epoch == epoch() && report.topic.epoch == epoch();
}

void Runner::write_out() {
  if (snapshots_) snapshots_->finish();
}

void Runner::park(bool lost) {
  if (!committer_ || !lanes_) return;
  if (stopped_ == Stopped::no && in_flight_) committer_->wait();
  collect();
  if (!lost) commit_open();
  write_out();
  nobody_dies();
}

/// Commits the open epoch, and waits for it.
void Runner::commit_open() {
  if (stopped_ != Stopped::no) return;
  if (in_flight_) committer_->wait();
  collect();
  if (stopped_ != Stopped::no) return;
  shard_->flush();
  if (!epoch_began_) return;
  close_epoch(false);
  committer_->wait();
  collect();
}

bool Runner::resume() {
  if (!lanes_ || stopped_ != Stopped::no) return false;
  const std::optional<EpochRecord> last =
      last_epoch(world_.log, live_graph_.pipeline, settings_.shard, world_.simulated.wait);
  return last && last->epoch == epoch() && last->chain == chain_;
}

}  // namespace weir
