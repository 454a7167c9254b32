#include "pipeline/runner/lone_epoch.h"

#include <optional>
#include <string>

namespace weir {

void commit_alone(ShardMachine& machine, Committer& committer, EpochRecord record) {
  EpochChain& chain = machine.chain();
  record.owner = chain.owner();
  record.logic = machine.graph().fingerprint;
  record.out = machine.shard().output_hash();
  record.sequence = machine.shard().sequence();
  const std::int64_t position = chain.position();
  Outbox outbox;
  outbox.add(machine.pipeline().epochs_topic(),
             static_cast<std::int32_t>(machine.pipeline().shard()), std::nullopt,
             chain.seal(record));
  committer.submit({&outbox, {}, record.epoch, record.chain, position});
  if (committer.wait() != Committer::State::idle)
    throw LogFailure(committer.state() == Committer::State::fenced ? LogFailure::Kind::fenced
                     : committer.unreachable()                     ? LogFailure::Kind::unreachable
                                                                   : LogFailure::Kind::refused,
                     committer.reason());
  chain.committed();
}

}  // namespace weir
