#include "connectors/registry.h"

#include <array>

#include "connectors/file/file.h"
#include "connectors/formats/csv.h"
#include "connectors/formats/json.h"
#include "connectors/generate/generate.h"
#include "connectors/kafka/kafka_connectors.h"

namespace weir {
namespace {

constexpr std::array kSources = {
    SourceType{"kafka", "a topic, read committed", {}, make_kafka_source},
    SourceType{"file", "CSV or JSON lines, plain, gzip, zstd or bzip2", {}, make_file_source},
    SourceType{
        "generate", "a generated stream, the same for the same seed", {}, make_generate_source},
};

constexpr std::array kSinks = {
    SinkType{"kafka", "a topic, written in the epoch's transaction", {}, make_kafka_sink},
    SinkType{"file", "CSV or JSON lines, plain or gzip", {}, make_file_sink},
};

constexpr std::array kFormats = {
    FormatType{"json", "one JSON object per record", {}, make_json_format},
    FormatType{"csv",
               "one row per record (RFC 4180); in a file the first line names the columns",
               {},
               make_csv_format},
};

}  // namespace

std::span<const SourceType> source_types() { return kSources; }
std::span<const SinkType> sink_types() { return kSinks; }
std::span<const FormatType> format_types() { return kFormats; }

}  // namespace weir
