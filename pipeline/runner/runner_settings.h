#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/config/engine_config.h"
#include "pipeline/epochs/epoch_record.h"

namespace weir {

/// What one shard is recovered and run with.
struct RunnerSettings {
  std::uint32_t shard = 0;
  EngineConfig engine;
  std::filesystem::path state_dir;  // of all shards; empty: nothing is kept on disk
  std::string resolved;             // the resolved configuration, for epoch 0
  Owner owner;
  bool accept_new_logic = false;        // replay what other arithmetic computed all the same
  std::vector<std::string> reset = {};  // operators that are to start cold
  bool watch_crashes = true;            // keep a note of what is in flight (PoisonGuard)
  bool crashed = true;                  // the process before ended by itself, not by a kill
  /// A state of so many bytes is saved at once (SnapshotTaker).
  std::size_t save_at_once = 4 << 20;

  /// The shard's own folder, or empty.
  std::filesystem::path folder() const {
    return state_dir.empty() ? state_dir : state_dir / fmt::format("shard-{}", shard);
  }
  /// The file of its CrashNote, if there is to be one.
  std::optional<std::filesystem::path> crash_note() const {
    if (!watch_crashes || state_dir.empty()) return std::nullopt;
    return folder() / "in-hand";
  }
};

}  // namespace weir
