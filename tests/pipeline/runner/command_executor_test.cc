#include "pipeline/runner/command_executor.h"

#include <gtest/gtest.h>

#include "pipeline/epochs/control_lane.h"
#include "tests/harness/file_shard.h"

namespace weir {
namespace {

using namespace engine_test;

Record record_of(const std::string& value) {
  Record record;
  record.value = value;
  record.has_value = true;
  record.offset = 3;
  return record;
}

TEST(CommandExecutor, EveryRecordTakesASequenceNumberAndIsAnswered) {
  FileShard scene;
  const auto machine = scene.machine();
  Shard& shard = machine->shard();
  Outbox outbox;
  shard.write_to(outbox);
  CommandExecutor commands("weir.payments.control");
  EXPECT_EQ(commands.execute(record_of("{"), shard),
            "the record at offset 3 of weir.payments.control is not a command: ignored");
  EXPECT_EQ(commands.execute(record_of(Command{"freeze", "nobody"}.write()), shard),
            "command freeze for operator nobody (offset 3 of weir.payments.control): there is no "
            "such operator: ignored");
  EXPECT_EQ(commands.execute(record_of(Command{"freeze", "drift"}.write()), shard),
            "command freeze for operator drift (offset 3 of weir.payments.control): it does not "
            "know this command: ignored");
  EXPECT_EQ(shard.sequence(), 3U);
  EXPECT_EQ(commands.ignored(), 3U);
  EXPECT_EQ(commands.done(), 0U);
}

}  // namespace
}  // namespace weir
