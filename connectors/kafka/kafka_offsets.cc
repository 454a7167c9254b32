#include "connectors/kafka/kafka_offsets.h"

#include <utility>

namespace weir::kafka {
namespace {

constexpr int kPatienceMs = 1000;

}  // namespace

OffsetStore::OffsetStore(Groups& groups, const Properties& properties, std::string group,
                         std::chrono::milliseconds answer_time)
    : groups_(groups),
      group_(std::move(group)),
      client_(RD_KAFKA_CONSUMER, properties, {},
              {{"group.id", group_},
               {"enable.auto.commit", "false"},
               {"enable.auto.offset.store", "false"}},
              answer_time) {}

void OffsetStore::commit(std::span<const CommittedOffset> offsets) {
  const Owned<rd_kafka_topic_partition_list_t> list(offset_list(offsets));
  groups_.with_member(group_, [&](rd_kafka_t* member) {
    rd_kafka_t* handle = member ? member : client_.handle();
    const Owned<rd_kafka_queue_t> answers(rd_kafka_queue_new(handle));
    if (rd_kafka_commit_queue(handle, list.get(), answers.get(), nullptr, nullptr) !=
        RD_KAFKA_RESP_ERR_NO_ERROR)
      return;
    const Owned<rd_kafka_event_t> answer(rd_kafka_queue_poll(answers.get(), kPatienceMs));
  });
  client_.poll();
}

}  // namespace weir::kafka
