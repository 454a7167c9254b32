#include "deploy/weir/kafka_world.h"

#include <gtest/gtest.h>

#include <barrier>
#include <string>
#include <thread>

namespace weir {
namespace {

TEST(KafkaWorld, ConcurrentWorkersShareTheLogOfACluster) {
  Config config;
  config.kafka["bootstrap.servers"] = "127.0.0.1:1";  // nothing is asked of it
  KafkaWorld world(config);
  for (const char* servers : {"127.0.0.1:2", "127.0.0.1:3", "127.0.0.1:4", "127.0.0.1:5"}) {
    SourceConfig source;
    source.kafka["bootstrap.servers"] = servers;
    std::barrier both(2);
    const Log* logs[2] = {};
    {
      const auto ask = [&](std::size_t worker) {
        both.arrive_and_wait();
        logs[worker] = &world.world().source_log(source);
      };
      const std::jthread one(ask, 0), other(ask, 1);
    }
    EXPECT_EQ(logs[0], logs[1]);
  }
}

}  // namespace
}  // namespace weir
