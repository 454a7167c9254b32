#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/log/log.h"

namespace weir {

/// The name under which epochs record what was read from the control topic; no source can have it.
inline constexpr std::string_view kControlSource = "$control";

/// A command for a running operator: a record of the control topic such as
/// {"command":"freeze","operator":"fraud"}. Other members are ignored.
struct Command {
  std::string name;
  std::string target;  // an operator

  std::string write() const;
  /// Empty if the record is not a command.
  static std::optional<Command> read(const Record& record);
};

/// The commands to a pipeline as they arrive, from partition 0 of the control topic. Reading begins
/// with the first `refill`.
class ControlLane {
 public:
  ControlLane(Log& log, const std::string& pipeline, std::int64_t position, Signal& signal);

  /// The offset after the last record taken.
  std::int64_t position() const { return position_; }
  /// Fetches more if nothing is left. Throws LogFailure.
  void refill(std::size_t max);
  /// Up to `max` next records; they live until the next refill.
  std::span<const Record> take(std::size_t max);
  /// Whether the reader found no more; up to where it had read then.
  bool ended() const { return ended_ && next_ == buffer_.size(); }
  std::int64_t read_to() const { return read_to_; }

 private:
  Log& log_;
  std::string topic_;
  Signal& signal_;
  std::unique_ptr<RecordReader> reader_;
  std::vector<Record> buffer_;
  std::size_t next_ = 0;
  std::int64_t position_;
  std::int64_t read_to_ = -1;
  bool ended_ = false;
};

}  // namespace weir
