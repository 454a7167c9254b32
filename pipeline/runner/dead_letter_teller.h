#pragma once

#include <array>
#include <cstdint>

#include "pipeline/core/record.h"
#include "pipeline/runner/notices.h"
#include "pipeline/runner/shard_input.h"
#include "pipeline/shard/dead_letter_digest.h"

namespace weir {

/// Reports dead letters as they come: the first of each reason, and again whenever there are ten
/// times as many.
class DeadLetterTeller {
 public:
  void tell(const DeadLetterDigest& digest, const PipelineInForce& pipeline, Notices& notices);

 private:
  std::array<std::uint64_t, kReasonCount> told_{};  // per reason: how many there were
};

}  // namespace weir
