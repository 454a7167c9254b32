#include "deploy/weir/demo_report.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "connectors/memory/memory_log.h"

namespace weir {
namespace {

TEST(DemoReport, NamesTheTransactionOfAnAlertInBoundedMemory) {
  MemoryLog log;
  log.create_topic("alerts", 1);
  const auto alert = [&](const char* stream, const char* field, std::int64_t time) {
    log.append("alerts", 0, "",
               fmt::format(R"({{"detector":"ks_test","stream":"{}","field":"{}","state":"drift",)"
                           R"("window_to":{},"summary":"s"}})",
                           stream, field, time),
               time);
  };
  DemoReport report;
  for (std::uint64_t number = 0; number < 5'000'000; ++number)  // one a second
    report.transaction(number, static_cast<std::int64_t>(number) * 1000);
  alert("features", "amount", 1'000'000);  // before the shift was planted
  alert("features", "amount", 60'520'000);
  alert("fraud.outcomes", "loss", 150'070'000);
  const auto findings = report.findings(log, {{"amount_shift", 60'000, 60'000'000},
                                              {"concept_change", 120'000, 120'000'000}});
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_TRUE(findings[0].found);
  EXPECT_EQ(findings[0].transaction, 60'500U);
  EXPECT_TRUE(findings[1].found);
  EXPECT_EQ(findings[1].transaction, 150'050U);
  EXPECT_LE(report.kept(), 20'000U + 40U);  // of the first million, of the other four
}

}  // namespace
}  // namespace weir
