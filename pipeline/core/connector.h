#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/core/log/log.h"
#include "pipeline/core/options.h"
#include "pipeline/core/record.h"

namespace weir {

/// The part of a source that depends on its type (`type: kafka`). The options that every source has
/// (format, key, time, lateness, idle, ahead, start, fields) belong to the configuration.
class SourceSpec {
 public:
  virtual ~SourceSpec() = default;
  virtual void describe(OptionVisitor& option) = 0;
  /// The topic it reads; empty: it opens its own reader.
  virtual std::string topic() const { return {}; }
  /// The file that it reads, if it reads one.
  virtual std::string path() const { return {}; }
  /// Whether its records have a timestamp of their own; rows of a file do not: row n has n ms.
  virtual bool timed() const { return true; }
  /// Its own reader: one partition (0), offsets counted from 0, the same records at every reading.
  /// Throws LogFailure if it cannot be opened.
  virtual std::unique_ptr<RecordReader> open() const { return nullptr; }
  /// The same, given the name of the format that decodes its records, and how that splits a file
  /// into rows: it may have a header line or not.
  virtual std::unique_ptr<RecordReader> open_as(std::string_view /*format*/,
                                                const RowForm& /*rows*/ = {}) const {
    return open();
  }
  /// The format that its records have, when the type decides it (`generate` makes json).
  virtual std::string_view format() const { return {}; }
};

struct SourceType {
  std::string_view name;
  std::string_view doc;
  std::string_view later;
  std::unique_ptr<SourceSpec> (*make)();
};

/// The part of a sink that depends on its type. Every sink has input, fields, key, format.
class SinkSpec {
 public:
  virtual ~SinkSpec() = default;
  virtual void describe(OptionVisitor& option) = 0;
  virtual std::string topic() const { return {}; }  // a topic of the log,
  virtual std::string path() const { return {}; }   // or a file
  /// Whether records get the headers of the record that their row comes from.
  virtual bool passes_headers() const { return false; }
  /// The format to write when none is named (a file's name tells one); empty: json.
  virtual std::string_view format() const { return {}; }
};

struct SinkType {
  std::string_view name;
  std::string_view doc;
  std::string_view later;
  std::unique_ptr<SinkSpec> (*make)();
};

/// Writes a file: plain or gzip by its name, `-` is stdout. Throws std::runtime_error.
class FileWriter {
 public:
  virtual ~FileWriter() = default;
  virtual void write(std::string_view bytes) = 0;
  /// Everything is on its way to the disk when this returns.
  virtual void close() = 0;
};

}  // namespace weir
