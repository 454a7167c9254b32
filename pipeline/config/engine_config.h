#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/core/log/log_writer.h"
#include "pipeline/core/options.h"

namespace weir {

/// Who decides which process runs a shard: Kafka's consumer group, or the file.
enum class ShardAssignment : std::uint8_t { group, fixed };

/// What a shard does about input that was deleted before it was read or could be replayed.
enum class OnLostInput : std::uint8_t { stop, skip };

/// `engine:`; what its options mean is pipeline/DESIGN.md, section 4.
struct EngineConfig {
  std::size_t batch_rows = 4096;
  std::size_t run_rows = 4096;
  Duration epoch{100};
  std::size_t shards = 1;
  std::size_t workers = 1;
  Duration snapshot_every{60'000};
  Duration snapshot_topic_every{300'000};
  Duration keep_epochs{7 * 86'400'000};
  Duration align{60'000};
  /// Empty: $STATE_DIRECTORY or ~/.local/state/weir, plus the pipeline's name.
  std::string state_dir;
  Delivery delivery = Delivery::exactly_once;
  ShardAssignment membership = ShardAssignment::group;
  std::vector<std::size_t> run_shards;  // empty: all
  std::string instance;
  bool create_topics = true;
  OnLostInput on_lost_input = OnLostInput::stop;

  void describe(OptionVisitor& option);
};

}  // namespace weir
