#include "pipeline/epochs/epoch_chain.h"

#include <algorithm>

namespace weir {

void EpochChain::restart(std::uint64_t epoch, std::uint64_t chain, std::int64_t position) {
  next_ = epoch + 1;
  head_ = chain;
  last_position_ = position;
}

void EpochChain::follow(const EpochRecord& record) {
  next_ = record.epoch + 1;
  head_ = record.chain;
}

void EpochChain::reach(std::int64_t position) { position_ = std::max(position_, position); }

void EpochChain::reach_before_last(std::int64_t position) {
  reach(position);
  last_position_ = position_;
}

std::string EpochChain::seal(EpochRecord& record) {
  record.epoch = next_;
  if (!announced_) record.owner = owner_;
  announced_ = true;
  std::string text = record.write(head_);
  head_ = record.chain;
  last_position_ = position_;
  ++next_;
  return text;
}

}  // namespace weir
