#pragma once

#include <memory>
#include <span>
#include <string>

#include "connectors/kafka/client.h"
#include "connectors/kafka/kafka_member.h"

namespace weir::kafka {

/// Stores positions in a group outside of transactions, for tools that show lag: as a member of the
/// group when this process has one, else as a consumer that is none.
class OffsetStore {
 public:
  /// `groups` outlives it. Connects in the background.
  OffsetStore(Groups& groups, const Properties& properties, std::string group,
              std::chrono::milliseconds answer_time);

  /// Waits for the answer, up to a second. Nothing rests on it, so that it failed is not said: the
  /// next call stores newer ones.
  void commit(std::span<const CommittedOffset> offsets);

 private:
  Groups& groups_;
  std::string group_;
  Client client_;
};

}  // namespace weir::kafka
