#pragma once

#include <cstdint>
#include <string>

#include "pipeline/epochs/epoch_record.h"

namespace weir {

/// The head of a shard's log of epochs: which epoch is next, the hash that it follows from, and
/// where its record will be.
class EpochChain {
 public:
  /// `owner`: who seals epochs here; the first that it seals says so.
  explicit EpochChain(Owner owner = {}) : owner_(std::move(owner)) {}

  std::uint64_t next() const { return next_; }
  std::uint64_t last() const { return next_ - 1; }
  std::uint64_t head() const { return head_; }
  /// At or before the next record, in the epochs partition.
  std::int64_t position() const { return position_; }
  /// At or before the record that was sealed last, or that a snapshot was of.
  std::int64_t last_position() const { return last_position_; }
  /// Whether a record with the owner was sealed.
  bool announced() const { return announced_; }
  const Owner& owner() const { return owner_; }

  /// Continues after an epoch of which a snapshot was taken.
  void restart(std::uint64_t epoch, std::uint64_t chain, std::int64_t position);
  /// Continues after a recorded epoch.
  void follow(const EpochRecord& record);
  /// The log has come to this position.
  void reach(std::int64_t position);
  /// Like `reach`, and nothing of the record that was sealed last is before it.
  void reach_before_last(std::int64_t position);

  /// Makes a record the next epoch, with the owner if nothing has announced it yet. Returns its
  /// text.
  std::string seal(EpochRecord& record);
  /// The record that was sealed last is in the log.
  void committed() { ++position_; }

 private:
  Owner owner_;
  std::uint64_t next_ = 0;
  std::uint64_t head_ = 0;
  std::int64_t position_ = 0;
  std::int64_t last_position_ = 0;
  bool announced_ = false;
};

}  // namespace weir
