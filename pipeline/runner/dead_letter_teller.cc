#include "pipeline/runner/dead_letter_teller.h"

#include <fmt/format.h>

namespace weir {

void DeadLetterTeller::tell(const DeadLetterDigest& digest, const PipelineInForce& pipeline,
                            Notices& notices) {
  bool more = false;
  for (std::size_t reason = 0; reason < told_.size(); ++reason)
    more = more || digest.count(static_cast<Reason>(reason)) > 10 * told_[reason];
  if (!more) return;
  for (const DeadLetterDigest::Group& group : digest.groups()) {
    std::uint64_t& told = told_[static_cast<std::size_t>(group.reason)];
    if (group.count <= 10 * told) continue;
    told = group.count;
    std::string where;
    if (group.first)
      where = fmt::format("offset {} of {} [{}]", group.first->offset,
                          pipeline.input_of(pipeline.graph().sources[group.first->source]).name(),
                          group.first->partition);
    notices.warn("dead letters: " + digest_text(group, where));
  }
}

}  // namespace weir
