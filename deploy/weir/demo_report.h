#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "connectors/generate/cards.h"
#include "pipeline/core/json.h"
#include "pipeline/core/log/log.h"

namespace weir {

/// What `weir demo` has found of the drifts it planted.
///
/// Memory: 16 bytes for every 50th transaction of the first million, around the planted drifts, and
/// for every 100,000th after them.
class DemoReport {
 public:
  struct Alert {
    std::string detector, stream, field;
    std::int64_t time = 0;  // event time of the window's end, ms
    std::string summary;
  };
  struct Finding {
    Cards::Planted planted;
    bool found = false;
    Alert alert;
    std::uint64_t transaction = 0;  // at which it was found
  };

  /// The n-th transaction was made at `time`.
  void transaction(std::uint64_t number, std::int64_t time);

  /// Reads what has come to the alerts topic; for each planted drift, the first alert `drift` that
  /// its detector raised after it.
  std::vector<Finding> findings(Log& log, const std::vector<Cards::Planted>& planted) const;

  /// The transactions whose time it keeps.
  std::size_t kept() const { return made_.size(); }

 private:
  std::uint64_t transaction_at(std::int64_t time) const;
  std::vector<std::pair<std::int64_t, std::uint64_t>> made_;  // time, number
};

/// For people, a line or two each; as JSON, an array.
std::string findings_text(const std::vector<DemoReport::Finding>& findings);
Json findings_json(const std::vector<DemoReport::Finding>& findings);

}  // namespace weir
