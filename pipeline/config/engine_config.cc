#include "pipeline/config/engine_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "pipeline/core/number_text.h"

namespace weir {
namespace {

void describe_run_shards(OptionVisitor& option, EngineConfig& engine) {
  std::vector<Written> written;
  for (const std::size_t shard : engine.run_shards) written.push_back({std::to_string(shard), {}});
  option("run_shards", written,
         {.doc = "the shards that this process runs; default: all", .example = "[0, 1]"});
  if (!option.reading()) return;
  engine.run_shards.clear();
  for (const Written& one : written) {
    const std::optional<std::size_t> shard = read_whole_number(one.text);
    if (!shard || *shard >= engine.shards) {
      option.fail("run_shards", fmt::format("there is no shard `{}`: they are numbered 0 to {}",
                                            one.text, engine.shards - 1));
    } else if (std::find(engine.run_shards.begin(), engine.run_shards.end(), *shard) !=
               engine.run_shards.end()) {
      option.fail("run_shards", fmt::format("names shard {} twice", *shard));
    } else {
      engine.run_shards.push_back(*shard);
    }
  }
}

}  // namespace

void EngineConfig::describe(OptionVisitor& option) {
  option("batch_rows", batch_rows,
         {.doc = "rows computed at once; never changes a result", .min = 1, .max = 65'536});
  option("run_rows", run_rows,
         {.doc = "consecutive records taken from one partition", .min = 1, .max = 1'000'000});
  option("epoch", epoch, {.doc = "longest time between two commits", .min = 1, .max = 10'000});
  option("shards", shards,
         {.doc = "units of order, state and parallelism; fixed at the first start",
          .min = 1,
          .max = 4'096});
  option("workers", workers, {.doc = "threads that run shards", .min = 1, .max = 256});
  option("snapshot_every", snapshot_every,
         {.doc = "time between two snapshots of the state", .min = 1});
  option("snapshot_topic_every", snapshot_topic_every,
         {.doc = "time between two snapshots that also go to the snapshots topic", .min = 1});
  option("keep_epochs", keep_epochs,
         {.doc = "how long epoch records are kept for `weir verify`; those that a recovery needs "
                 "always are"});
  option("align", align,
         {.doc = "event time that one source may run ahead of another with unread records"});
  option("state_dir", state_dir,
         {.doc = "folder of the state, which is kept in a folder of the pipeline's name; default: "
                 "$STATE_DIRECTORY, else ~/.local/state/weir",
          .example = "/var/lib/weir/card-fraud"});
  option("delivery", delivery,
         {.doc = "what a reader of the outputs sees after a crash",
          .choices = "exactly_once|at_least_once"});
  option("membership", membership,
         {.doc = "who decides which process runs a shard: Kafka's consumer group, or this file "
                 "(fixed: all shards, or `run_shards`)",
          .choices = "group|fixed"});
  describe_run_shards(option, *this);
  option(
      "instance", instance,
      {.doc = "this process's name in the group and in the epoch records: if it comes back soon, "
              "it gets its shards back and the others keep theirs",
       .example = "weir-0"});
  option("create_topics", create_topics,
         {.doc = "create missing topics (false: refuse to start)"});
  option("on_lost_input", on_lost_input,
         {.doc = "if records were deleted before they were read or could be replayed: stop the "
                 "shard, or skip them and report which",
          .choices = "stop|skip"});
  if (!option.reading()) return;
  if (membership == ShardAssignment::group && !run_shards.empty())
    option.fail("run_shards", "needs `membership: fixed`: in a group Kafka decides who runs what");
}

}  // namespace weir
