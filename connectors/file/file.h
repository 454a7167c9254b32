#pragma once

#include <memory>

#include "pipeline/core/connector.h"

namespace weir {

/// `type: file`, `path: ...`: FileReader; the format by the file's name.
std::unique_ptr<SourceSpec> make_file_source();

/// `type: file`, `path: ...`: open_file_writer.
std::unique_ptr<SinkSpec> make_file_sink();

}  // namespace weir
