#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/graph/pipeline.h"

namespace weir {

/// Every component that this program has.
Vocabulary all_components();

/// What the command line says about a pipeline file.
struct PipelineOptions {
  std::string file;
  std::vector<std::string> set;  // path=value
  std::string env_file;
};

/// Reports what is wrong with a file for one command, though other commands accept it.
using ConfigCheck = void (*)(const Config& config, Problems& problems);

/// Reads and binds a pipeline file; prints every mistake and warning to stderr. Null when there was
/// a mistake. Throws std::runtime_error when the file cannot be read.
std::unique_ptr<Pipeline> load_pipeline(const PipelineOptions& options,
                                        ConfigCheck also = nullptr);
/// The same from text (`name` stands for the file).
std::unique_ptr<Pipeline> load_pipeline_text(const std::string& name, std::string text,
                                             const PipelineOptions& options,
                                             ConfigCheck also = nullptr);

}  // namespace weir
