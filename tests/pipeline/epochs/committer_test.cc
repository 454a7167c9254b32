#include "pipeline/epochs/committer.h"

#include <gtest/gtest.h>
#include <xxhash.h>

#include <atomic>

#include "connectors/memory/memory_log.h"
#include "pipeline/epochs/epoch_log.h"
#include "pipeline/core/topic_names.h"

namespace weir {
namespace {

using Call = MemoryLog::Call;
using Fault = MemoryLog::Fault;
using State = Committer::State;

/// A log with the epochs of one shard, whose commits fail as told.
struct OneIdentity {
  OneIdentity() {
    log.create_topic("out", 1);
    log.create_topic(epochs_topic("p"), 1);
  }

  Fault fault(const Call& call) {
    if (down && call.kind == down) throw LogFailure(LogFailure::Kind::unreachable, "no answer");
    if (call.kind != Call::Kind::commit || call.after) return Fault::none;
    if (throws) throw LogFailure(*throws, "thrown by the log");
    if (faults.empty()) return always;
    const Fault one = faults.front();
    faults.erase(faults.begin());
    return one;
  }
  Committer::Settings settings() {
    Committer::Settings all;
    all.pipeline = "p";
    all.identity = shard_identity("p", 0);
    all.topics = {"out", epochs_topic("p")};
    all.patience = std::chrono::seconds(0);
    return all;
  }
  /// Fills `outbox` with one output and the record of an epoch.
  Committer::Job job(std::uint64_t epoch, const std::string& output = "x") {
    outbox.clear();
    EpochRecord record;
    record.epoch = epoch;
    record.out = XXH3_64bits(output.data(), output.size());
    outbox.add(0, 0, std::nullopt, output);
    outbox.add(1, 0, std::nullopt, record.write(chain));
    chain = record.chain;
    return {&outbox, {{"in", 0, static_cast<std::int64_t>(epoch)}}, epoch, record.chain, 0};
  }
  State commit(Committer& committer, std::uint64_t epoch) {
    committer.submit(job(epoch));
    return committer.wait();
  }
  std::size_t epochs() { return read_epochs(log, "p", 0, 0).size(); }

  std::vector<Fault> faults;
  Fault always = Fault::none;
  std::optional<LogFailure::Kind> throws;
  std::optional<Call::Kind> down;
  MemoryLog log{{.hook = [this](const Call& call) { return fault(call); }}};
  Signal signal;
  Outbox outbox;
  std::uint64_t chain = 0;
};

TEST(Committer, CommitsEpochAfterEpochAndWakesItsWorker) {
  OneIdentity one;
  Committer committer(one.log, one.settings(), one.signal);
  EXPECT_EQ(committer.state(), State::idle);
  for (std::uint64_t epoch = 0; epoch < 5; ++epoch) {
    EXPECT_EQ(one.commit(committer, epoch), State::idle);
    EXPECT_TRUE(one.signal.wait_for(std::chrono::minutes(1)));
  }
  EXPECT_EQ(one.epochs(), 5U);
  EXPECT_EQ(committer.figures().committed, 5U);
  EXPECT_EQ(one.log.committed("in", 0), 4);
}

TEST(Committer, FindsAnEpochWhoseAnswerWasLost) {
  OneIdentity one;
  one.faults = {Fault::none, Fault::answer_lost};
  Committer committer(one.log, one.settings(), one.signal);
  for (std::uint64_t epoch = 0; epoch < 3; ++epoch)
    EXPECT_EQ(one.commit(committer, epoch), State::idle) << epoch;
  EXPECT_EQ(one.epochs(), 3U);
  EXPECT_EQ(committer.figures().resent, 0U);
}

TEST(Committer, FindsTheFirstEpochOfAllWhoseAnswerWasLost) {
  OneIdentity one;
  one.faults = {Fault::answer_lost};
  Committer committer(one.log, one.settings(), one.signal);
  EXPECT_EQ(one.commit(committer, 0), State::idle);
  EXPECT_EQ(one.epochs(), 1U);
  EXPECT_EQ(committer.figures().resent, 0U);
}

TEST(Committer, SendsAnEpochAgainThatIsNotInTheLog) {
  OneIdentity one;
  one.faults = {Fault::request_lost, Fault::none, Fault::request_lost};
  Committer::Settings patient = one.settings();
  patient.patience = std::chrono::minutes(5);
  Committer committer(one.log, patient, one.signal);
  for (std::uint64_t epoch = 0; epoch < 3; ++epoch)
    EXPECT_EQ(one.commit(committer, epoch), State::idle) << epoch;
  EXPECT_EQ(one.epochs(), 3U);
  EXPECT_EQ(committer.figures().resent, 2U);
}

TEST(Committer, GivesUpOnALogThatNeverTakesAnEpoch) {
  OneIdentity one;
  one.always = Fault::request_lost;
  Committer committer(one.log, one.settings(), one.signal);
  EXPECT_EQ(one.commit(committer, 0), State::failed);
  EXPECT_TRUE(committer.unreachable());
  EXPECT_EQ(committer.reason(), "epoch 0 was not accepted: the request was lost");
  EXPECT_EQ(one.epochs(), 0U);
}

TEST(Committer, EndsWhileTheLogCannotBeReached) {
  OneIdentity one;
  Committer::Settings patient = one.settings();
  patient.patience = std::chrono::hours(1);
  {
    Committer committer(one.log, patient, one.signal);
    one.always = Fault::request_lost;
    committer.submit(one.job(0));
  }  // the destructor does not wait for an hour
  EXPECT_EQ(one.epochs(), 0U);
}

TEST(Committer, GivesUpOnALogThatDoesNotAnswer) {
  OneIdentity one;
  Committer committer(one.log, one.settings(), one.signal);
  one.faults = {Fault::request_lost};
  one.down = Call::Kind::writer;
  EXPECT_EQ(one.commit(committer, 0), State::failed);
  EXPECT_TRUE(committer.unreachable());
  EXPECT_EQ(committer.reason(), "no answer");
}

TEST(Committer, IsFencedByANewerOwner) {
  OneIdentity one;
  Committer older(one.log, one.settings(), one.signal);
  EXPECT_EQ(one.commit(older, 0), State::idle);
  Committer newer(one.log, one.settings(), one.signal);
  EXPECT_EQ(one.commit(older, 1), State::fenced);
  EXPECT_EQ(one.commit(newer, 1), State::idle);
  EXPECT_EQ(older.state(), State::fenced);
}

TEST(Committer, StopsWhenAnotherOwnersEpochStandsInThePlaceOfItsOwn) {
  OneIdentity one;
  Committer committer(one.log, one.settings(), one.signal);
  EXPECT_EQ(one.commit(committer, 0), State::idle);
  // Another owner writes epoch 1 before our own arrives, whose answer is then lost.
  const std::uint64_t chain = one.chain;
  Outbox other;
  EpochRecord record;
  record.epoch = 1;
  record.out = 99;
  other.add(1, 0, std::nullopt, record.write(chain));
  std::string reason;
  EXPECT_EQ(one.log.writer("another", {"out", epochs_topic("p")})->commit(other, {}, reason),
            Commit::done);
  one.faults = {Fault::request_lost};
  EXPECT_EQ(one.commit(committer, 1), State::fenced);
  EXPECT_EQ(committer.reason(), "epoch 1 is another owner's");
}

TEST(Committer, ALogThatRefusesFailsItForGood) {
  OneIdentity one;
  Committer committer(one.log, one.settings(), one.signal);
  one.throws = LogFailure::Kind::refused;
  EXPECT_EQ(one.commit(committer, 0), State::failed);
  EXPECT_FALSE(committer.unreachable());
  EXPECT_EQ(committer.reason(), "thrown by the log");
}

TEST(Committer, ALogThatThrowsThatItIsFencedFencesIt) {
  OneIdentity one;
  Committer committer(one.log, one.settings(), one.signal);
  one.throws = LogFailure::Kind::fenced;
  EXPECT_EQ(one.commit(committer, 0), State::fenced);
}

}  // namespace
}  // namespace weir
