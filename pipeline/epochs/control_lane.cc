#include "pipeline/epochs/control_lane.h"

#include <algorithm>

#include "pipeline/core/json.h"
#include "pipeline/core/topic_names.h"

namespace weir {

std::string Command::write() const { return json_text({{"command", name}, {"operator", target}}); }

std::optional<Command> Command::read(const Record& record) {
  if (!record.has_value) return std::nullopt;
  Json json;
  try {
    json = parse_json(record.value);
  } catch (const Json::exception&) {
    return std::nullopt;
  }
  if (!json.is_object()) return std::nullopt;
  const auto text = [&](const char* member) {
    const auto at = json.find(member);
    return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
  };
  Command command{text("command"), text("operator")};
  if (command.name.empty() || command.target.empty()) return std::nullopt;
  return command;
}

ControlLane::ControlLane(Log& log, const std::string& pipeline, std::int64_t position,
                         Signal& signal)
    : log_(log), topic_(control_topic(pipeline)), signal_(signal), position_(position) {}

void ControlLane::refill(std::size_t max) {
  if (next_ < buffer_.size()) return;
  if (!reader_) {
    reader_ = log_.reader(topic_);
    const PartitionOffset start{0, position_};
    reader_->start({&start, 1}, signal_);
  }
  buffer_.clear();
  next_ = 0;
  const RecordReader::Fetched fetched = reader_->fetch(0, max, buffer_);
  read_to_ = fetched.next;
  ended_ = fetched.end && fetched.count == 0;
}

std::span<const Record> ControlLane::take(std::size_t max) {
  const std::size_t n = std::min(max, buffer_.size() - next_);
  const std::span<const Record> records(buffer_.data() + next_, n);
  next_ += n;
  if (n > 0) position_ = records.back().offset + 1;
  return records;
}

}  // namespace weir
