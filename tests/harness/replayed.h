#pragma once

#include <cstdint>
#include <fstream>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "connectors/file/file_reader.h"
#include "pipeline/core/hash_text.h"
#include "pipeline/shard/replay.h"
#include "tests/harness/pipelines.h"
#include "tests/harness/rows.h"
#include "tests/temporary_folder.h"

/// Pipelines over files, offline.
namespace weir::engine_test {

/// What comes out and what is kept.
struct Hashes {
  std::uint64_t output = 0;
  std::uint64_t state = 0;
  bool operator==(const Hashes&) const = default;
};
inline void PrintTo(const Hashes& hashes, std::ostream* out) {
  *out << "output " << hex16(hashes.output) << " state " << hex16(hashes.state);
}

/// The pipeline over a file of each source's rows.
inline Hashes replay_files(const Pipeline& pipeline, std::span<const Row> rows,
                           Replay::Settings settings) {
  const TemporaryFolder folder;
  std::vector<Replay::Input> inputs;
  for (const SourceNode& source : pipeline.graph->sources) {
    const std::string path = (folder.path() / (source.name + ".ndjson")).string();
    std::ofstream file(path);
    for (const Row& row : rows)
      if (row.source == source.name) file << row.value << '\n';
    file.close();
    inputs.push_back({std::make_unique<FileReader>(path, "json"), format_named("json"), path});
  }
  std::vector<std::unique_ptr<FileWriter>> outputs(pipeline.graph->sinks.size());
  Replay replay(*pipeline.graph, std::move(inputs), std::move(outputs), settings);
  replay.run([](const Replay::Progress&) {});
  return {replay.shard().output_hash(), replay.shard().state_hash()};
}

}  // namespace weir::engine_test
