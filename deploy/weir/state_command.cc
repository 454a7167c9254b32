#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

#include "connectors/kafka/kafka_log.h"
#include "deploy/weir/commands.h"
#include "deploy/weir/exit_code.h"
#include "pipeline/core/hash_text.h"
#include "pipeline/core/json.h"
#include "pipeline/epochs/epoch_record.h"
#include "pipeline/graph/state_parts.h"
#include "pipeline/service/state_dir.h"
#include "pipeline/snapshots/snapshot_folder.h"
#include "pipeline/snapshots/snapshot_topic.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

double seconds_since(fs::file_time_type time) {
  return std::chrono::duration<double>(fs::file_time_type::clock::now() - time).count();
}

double seconds_since_ms(std::int64_t time_ms) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now - std::chrono::milliseconds(time_ms)).count();
}

std::string size_text(std::uint64_t bytes) {
  if (bytes < 10'000) return fmt::format("{} B", bytes);
  if (bytes < 10'000'000) return fmt::format("{} kB", bytes / 1'000);
  return fmt::format("{} MB", bytes / 1'000'000);
}

std::string age_text(double seconds) {
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7'200) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3'600);
}

Json sections_of(const SnapshotOutline& outline) {
  Json all = Json::array();
  for (std::size_t i = 0; i < outline.measures.size(); ++i) {
    const StateSection& section = outline.head.sections[i];
    std::uint64_t sealed = 0;
    for (const SealedBytes& part : section.sealed) sealed += part.name().size;
    all.push_back({{"operator", section.name},
                   {"part", section.part},
                   {"fingerprint", hex16(section.fingerprint)},
                   {"bytes", outline.measures[i].bytes},
                   {"hash", hex16(outline.measures[i].hash)},
                   {"sealed_parts", section.sealed.size()},
                   {"sealed_bytes", sealed}});
  }
  return all;
}

void describe(Json& json, const SnapshotOutline& outline) {
  json["epoch"] = outline.head.epoch;
  json["chain"] = hex16(outline.head.chain);
  json["logic"] = hex16(outline.head.logic);
  json["log_position"] = outline.head.log_position;
  json["sections"] = sections_of(outline);
}

/// Why a snapshot's sealed parts cannot be used, or empty.
std::string missing_part(const fs::path& segments, const Snapshot& snapshot) {
  for (const StateSection& section : snapshot.sections)
    for (const SealedBytes& part : section.sealed) {
      const fs::path file = segments / (part.name().text() + ".segment");
      std::error_code error;
      if (fs::file_size(file, error) != part.name().size || error)
        return fmt::format("sealed part {} is missing or incomplete", file.string());
    }
  return {};
}

Json on_disk(const fs::path& folder) {
  Json snapshots = Json::array();
  for (const fs::path& file : list_snapshots(folder)) {
    Json one{{"file", file.string()}};
    std::string error;
    std::error_code gone;
    one["bytes"] = fs::file_size(file, gone);
    one["age_seconds"] = gone ? 0 : seconds_since(fs::last_write_time(file, gone));
    try {
      describe(one, read_outline(file));
      error = missing_part(folder / "segments", read_snapshot(file));
    } catch (const std::runtime_error& failed) {
      error = failed.what();
    }
    if (!error.empty()) one["error"] = error;
    snapshots.push_back(std::move(one));
  }
  std::size_t files = 0;
  std::uint64_t bytes = 0;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder / "segments", none)) {
    ++files;
    bytes += entry.file_size(none);
  }
  return {{"folder", folder.string()},
          {"snapshots", std::move(snapshots)},
          {"sealed_parts", files},
          {"sealed_bytes", bytes}};
}

Json in_topic(Log& log, const std::string& pipeline, std::uint32_t shard) {
  Json snapshots = Json::array();
  SnapshotTopicReader reader(log, pipeline, shard);
  Json topic{{"topic", snapshots_topic(pipeline)}, {"partition", shard}};
  try {
    for (const TopicSnapshot& there : reader.list()) {
      Json one{{"serial", there.serial},
               {"epoch", there.epoch},
               {"bytes", there.payload.size},
               {"age_seconds", seconds_since_ms(there.time_ms)}};
      try {
        const auto payload = reader.payload(there);
        describe(one, outline_snapshot(payload.packed));
        unpack_snapshot(payload.packed);
      } catch (const LogFailure&) {
        throw;
      } catch (const std::runtime_error& failed) {
        one["error"] = failed.what();
      }
      snapshots.push_back(std::move(one));
    }
  } catch (const LogFailure&) {
    throw;
  } catch (const std::runtime_error& failed) {
    topic["error"] = failed.what();
  }
  topic["snapshots"] = std::move(snapshots);
  return topic;
}

/// Whether anything in it is damaged.
bool has_error(const Json& json) {
  if (json.is_object() && json.contains("error")) return true;
  for (const Json& one : json)
    if (one.is_structured() && has_error(one)) return true;
  return false;
}

void print_snapshot(const Json& one, bool newest) {
  const std::string epoch =
      one.contains("epoch") ? std::to_string(one["epoch"].get<std::uint64_t>()) : "?";
  fmt::print("    epoch {:<10} {:>8}  {:>7} old", epoch,
             size_text(one["bytes"].get<std::uint64_t>()),
             age_text(one["age_seconds"].get<double>()));
  if (one.contains("error")) fmt::print("  NOT USABLE: {}", one["error"].get<std::string>());
  fmt::print("\n");
  if (!newest || !one.contains("sections")) return;
  fmt::print("      {:<32} {:<16} {:>12} {:<16}\n", "part", "fingerprint", "bytes", "hash");
  for (const Json& section : one["sections"]) {
    const auto name = section["operator"].get<std::string>();
    fmt::print("      {:<32} {:<16} {:>12} {:<16}",
               name.empty() ? "(the shard itself)"
                            : part_name(name, section["part"].get<std::string>()),
               section["fingerprint"].get<std::string>(), section["bytes"].get<std::uint64_t>(),
               section["hash"].get<std::string>());
    if (const auto parts = section["sealed_parts"].get<std::size_t>(); parts > 0)
      fmt::print("  and {} sealed parts, {}", parts,
                 size_text(section["sealed_bytes"].get<std::uint64_t>()));
    fmt::print("\n");
  }
}

void print_place(const std::string& name, const Json& place) {
  fmt::print("  {}:", name);
  if (place.contains("error")) fmt::print(" NOT USABLE: {}", place["error"].get<std::string>());
  if (place["snapshots"].empty()) fmt::print(" no snapshot");
  if (place.contains("sealed_parts") && place["sealed_parts"].get<std::size_t>() > 0)
    fmt::print(" {} sealed parts, {}", place["sealed_parts"].get<std::size_t>(),
               size_text(place["sealed_bytes"].get<std::uint64_t>()));
  fmt::print("\n");
  bool newest = true;
  for (const Json& one : place["snapshots"]) print_snapshot(one, std::exchange(newest, false));
}

}  // namespace

int state_command(const CommonOptions& common, const StateOptions& options) {
  const auto pipeline = load_pipeline(common.pipeline);
  if (!pipeline) return kWrongConfig;
  const std::string& name = pipeline->config.pipeline.text;
  const fs::path folder = StateDir::path_of(pipeline->config);
  std::set<std::uint32_t> shards;
  std::error_code missing;
  for (std::uint32_t shard = 0; shard < pipeline->config.engine.shards; ++shard)
    shards.insert(shard);
  for (std::uint32_t shard = 0; fs::exists(folder / fmt::format("shard-{}", shard), missing);
       ++shard)
    shards.insert(shard);
  std::unique_ptr<KafkaLog> log;
  if (!options.offline) {
    log = std::make_unique<KafkaLog>(pipeline->config.kafka);
    const auto partitions = log->partitions(snapshots_topic(name)).value_or(0);
    for (std::int32_t shard = 0; shard < partitions; ++shard)
      shards.insert(static_cast<std::uint32_t>(shard));
  }

  Json all{{"pipeline", name}, {"state_dir", folder.string()}, {"shards", Json::array()}};
  for (const std::uint32_t shard : shards) {
    Json one{{"shard", shard}};
    one["disk"] = on_disk(folder / fmt::format("shard-{}", shard));
    if (log) one["topic"] = in_topic(*log, name, shard);
    all["shards"].push_back(std::move(one));
  }
  if (common.json) {
    fmt::print("{}\n", json_text(all));
  } else {
    if (!fs::exists(folder, missing))
      fmt::print(
          "{} does not exist: the pipeline has not run here, or ran with a different "
          "engine.state_dir\n",
          folder.string());
    for (const Json& one : all["shards"]) {
      fmt::print("shard {}\n", one["shard"].get<std::uint32_t>());
      print_place("disk " + one["disk"]["folder"].get<std::string>(), one["disk"]);
      if (one.contains("topic"))
        print_place("topic " + one["topic"]["topic"].get<std::string>(), one["topic"]);
    }
  }
  return has_error(all) ? kFailed : kDone;
}

}  // namespace weir
