#pragma once

#include <cstdint>
#include <string>

#include "pipeline/shard/shard.h"

namespace weir {

/// Executes the commands of a control topic on a shard, live or in a replay, and counts them.
class CommandExecutor {
 public:
  /// `topic`: the control topic, for people.
  explicit CommandExecutor(std::string topic) : topic_(std::move(topic)) {}

  /// Does what a record says. It takes a sequence number whatever it is. Returns what became of it,
  /// for a person.
  std::string execute(const Record& record, Shard& shard);

  std::uint64_t done() const { return done_; }
  std::uint64_t ignored() const { return ignored_; }

 private:
  std::string topic_;
  std::uint64_t done_ = 0, ignored_ = 0;
};

}  // namespace weir
