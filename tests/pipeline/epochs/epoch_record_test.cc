#include "pipeline/epochs/epoch_record.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "pipeline/core/hash_text.h"

namespace weir {
namespace {

EpochRecord full_record() {
  EpochRecord record;
  record.epoch = 0;
  record.owner = Owner{"a \"name\"", "host", 4242};
  record.begin = Beginning{"{\"pipeline\":\"x\"}",
                           2,
                           {{"events", 4}, {"labels", 4}},
                           {{{"events", 0}, 17}, {{"labels", 2}, 9'000'000'000'000}}};
  record.runs = {{"events", 0, 4096, 17, 4200}, {"labels", 2, 1, 3, 3}};
  record.marks = {{4113, Mark::Kind::idle, 0, "labels", 2},
                  {4114, Mark::Kind::tick, -1'700'000'000'000, {}, 0}};
  record.sequence = 18'000'000'000'000'000'000U;
  record.in = 0xfedcba9876543210U;
  record.out = 1;
  record.state = 0xffffffffffffffffU;
  record.logic = 0;
  return record;
}

TEST(EpochRecord, ReadsBackWhatItWrote) {
  EpochRecord record = full_record();
  const std::string text = record.write(77);
  EXPECT_EQ(EpochRecord::read(text, 77), record);
  EXPECT_EQ(EpochRecord::read(text, std::nullopt), record);
}

TEST(EpochRecord, ReadsBackOneWithNothingInIt) {
  EpochRecord record;
  record.epoch = 12;
  const std::string text = record.write(0);
  EXPECT_EQ(EpochRecord::read(text, 0), record);
}

TEST(EpochRecord, IsTheJsonThatIsDocumented) {
  EpochRecord record = full_record();
  const auto json = nlohmann::json::parse(record.write(77));
  EXPECT_EQ(json["v"], 1);
  EXPECT_EQ(json["epoch"], 0);
  EXPECT_EQ(json["owner"]["pid"], 4242);
  EXPECT_EQ(json["runs"][0], nlohmann::json::parse(R"(["events",0,4096,17,4200])"));
  EXPECT_EQ(json["ticks"][0],
            nlohmann::json::parse(R"({"seq":4113,"kind":"idle","source":"labels","partition":2})"));
  EXPECT_EQ(json["ticks"][1],
            nlohmann::json::parse(R"({"seq":4114,"kind":"tick","watermark":-1700000000000})"));
  EXPECT_EQ(json["in"], "fedcba9876543210");
  EXPECT_EQ(json["out"], "0000000000000001");
  EXPECT_EQ(json["chain"], hex16(record.chain));
}

TEST(EpochRecord, ItsChainFollowsFromTheRecordBeforeIt) {
  EpochRecord record = full_record();
  const std::string text = record.write(77);
  EXPECT_THROW(EpochRecord::read(text, 78), std::runtime_error);
}

TEST(EpochRecord, AnyChangedBitIsSeen) {
  EpochRecord record = full_record();
  const std::string text = record.write(77);
  for (std::size_t at = 0; at < text.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = text;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      EXPECT_THROW(EpochRecord::read(changed, 77), std::runtime_error) << changed;
    }
}

TEST(EpochRecord, ANumberThatIsNotWholeIsRefusedNotConverted) {
  EpochRecord record = full_record();
  const std::string text = record.write(77);
  for (const char* number : {"3.8e19", "-1e300", "0.5", "1e400"}) {
    std::string changed = text;
    changed.replace(changed.find("\"epoch\":0"), 9, std::string("\"epoch\":") + number);
    EXPECT_THROW(EpochRecord::read(changed, std::nullopt), std::runtime_error) << number;
  }
}

TEST(EpochRecord, OneCutShortIsSeen) {
  EpochRecord record = full_record();
  const std::string text = record.write(77);
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_THROW(EpochRecord::read(text.substr(0, size), 77), std::runtime_error) << size;
}

TEST(EpochRecord, OneOfAnotherVersionIsRefusedByItsNumber) {
  EpochRecord record;
  std::string text = record.write(0);
  text.replace(text.find("\"v\":1"), 5, "\"v\":2");
  try {
    EpochRecord::read(text, std::nullopt);
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "not an epoch record: version 2, this program reads 1");
  }
}

TEST(EpochRecord, TheInputHashTellsKeysFromValuesAndNullFromEmpty) {
  Record record{
      .offset = 1, .timestamp = 2, .key = "ab", .value = "c", .has_key = true, .headers = {}};
  const std::uint64_t hash = hash_input(0, 0, record);
  EXPECT_EQ(hash_input(0, 0, record), hash);
  EXPECT_NE(hash_input(1, 0, record), hash);
  EXPECT_NE(hash_input(0, 1, record), hash);
  Record other = record;
  other.key = "a";
  other.value = "bc";
  EXPECT_NE(hash_input(0, 0, other), hash);
  other = record;
  other.timestamp = 3;
  EXPECT_NE(hash_input(0, 0, other), hash);
  record.key = record.value = "";
  const std::uint64_t empty = hash_input(0, 0, record);
  record.has_value = false;
  EXPECT_NE(hash_input(0, 0, record), empty);
  record.has_value = true;
  record.has_key = false;
  EXPECT_NE(hash_input(0, 0, record), empty);
}

}  // namespace
}  // namespace weir
