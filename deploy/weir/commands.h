#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "deploy/weir/pipeline_file.h"

namespace weir {

/// Flags of every command.
struct CommonOptions {
  PipelineOptions pipeline;
  bool json = false;
};

struct RunOptions {
  bool accept_new_logic = false;
  std::vector<std::string> reset;  // operators
};

struct VerifyOptions {
  bool follow = false;      // continue with new epochs until stopped
  bool no_outputs = false;  // do not look for the outputs in their topics
};

struct ReplayOptions {
  std::vector<std::string> inputs, outputs;  // SOURCE=PATH, SINK=PATH
  bool drain = false;
};

/// 70 years of event time: a time must lie before the year 2201.
inline constexpr std::uint64_t kMostDemoEvents = 100'000'000;

struct DemoOptions {
  std::uint64_t events = kMostDemoEvents;
  std::uint64_t seed = 1;
  std::uint64_t rate = 20'000;  // transactions per second; 0: as fast as possible
  std::string write;            // a folder
};

struct StateOptions {
  bool offline = false;  // only the disk
};

// Each returns the program's exit code.
/// `against`: the file of the pipeline before; says what of its state this one would keep. Empty:
/// prints the graph.
int check_command(const CommonOptions& common, const std::string& against);
int graph_command(const CommonOptions& common, const std::string& format);
int list_command(const CommonOptions& common);
int describe_command(const CommonOptions& common, const std::string& name);
int schema_command();
int version_command(const CommonOptions& common);
int replay_command(const CommonOptions& common, const ReplayOptions& options);
int run_command(const CommonOptions& common, const RunOptions& options);
int state_command(const CommonOptions& common, const StateOptions& options);
int verify_command(const CommonOptions& common, const VerifyOptions& options);
/// `command`: freeze or unfreeze; `model`: an operator.
int control_command(const CommonOptions& common, const std::string& command,
                    const std::string& model);
int demo_command(const CommonOptions& common, const DemoOptions& options);

}  // namespace weir
