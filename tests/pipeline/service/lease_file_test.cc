#include "pipeline/service/lease_file.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "tests/temporary_folder.h"

namespace weir {
namespace {

namespace fs = std::filesystem;
using Shards = std::vector<std::uint32_t>;

class LeaseFileTest : public testing::Test {
 protected:
  /// As if the process had crashed so long ago.
  void age(std::chrono::milliseconds by) {
    fs::last_write_time(file, fs::file_time_type::clock::now() - by);
  }
  std::chrono::milliseconds age() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        fs::file_time_type::clock::now() - fs::last_write_time(file));
  }

  TemporaryFolder folder;
  fs::path file = folder.path() / "lease-0";
  LeaseFile lease{file};
};

TEST_F(LeaseFileTest, ShardsOfAProcessThatCrashedAMomentAgoAreLeft) {
  EXPECT_EQ(LeaseFile(file).left_by_crash(8), Shards{});
  lease.keep(Shards{1, 5});
  EXPECT_TRUE(lease.holds_any());
  EXPECT_EQ(LeaseFile(file).left_by_crash(8), (Shards{1, 5}));
  age(std::chrono::milliseconds(4000));
  EXPECT_EQ(LeaseFile(file).left_by_crash(8), (Shards{1, 5}));
}

TEST_F(LeaseFileTest, ALeaseOlderThanFiveSecondsCountsForNothing) {
  lease.keep(Shards{1});
  age(std::chrono::milliseconds(5001));
  EXPECT_EQ(LeaseFile(file).left_by_crash(8), Shards{});
}

TEST_F(LeaseFileTest, KeepingTheSameShardsMakesTheLeaseYoungAgain) {
  lease.keep(Shards{1});
  age(std::chrono::milliseconds(60'000));
  lease.keep(Shards{1});
  EXPECT_LT(age(), std::chrono::milliseconds(30'000));
  EXPECT_EQ(LeaseFile(file).left_by_crash(8), Shards{1});
}

TEST_F(LeaseFileTest, OtherShardsReplaceThoseBefore) {
  lease.keep(Shards{1, 2, 3});
  lease.keep(Shards{2});
  EXPECT_EQ(LeaseFile(file).left_by_crash(8), Shards{2});
}

TEST_F(LeaseFileTest, NothingIsLeftOnceItIsRemovedOrNothingIsHeld) {
  lease.remove();  // there is none
  lease.keep(Shards{1});
  lease.remove();
  EXPECT_FALSE(lease.holds_any());
  EXPECT_FALSE(fs::exists(file));
  lease.keep(Shards{1});
  EXPECT_TRUE(fs::exists(file));
  lease.keep(Shards{});
  EXPECT_FALSE(lease.holds_any());
  EXPECT_FALSE(fs::exists(file));
}

TEST_F(LeaseFileTest, ShardsThatThePipelineDoesNotHaveAreLeftOutAndGarbageEndsTheList) {
  std::ofstream(file) << "0\n7\n1\nx\n2\n";
  EXPECT_EQ(lease.left_by_crash(4), (Shards{0, 1}));
}

TEST_F(LeaseFileTest, ADiskThatTakesNothingIsNoFailure) {
  LeaseFile nowhere(folder.path() / "missing" / "lease-0");
  nowhere.keep(Shards{1});
  nowhere.keep(Shards{1});
  EXPECT_EQ(nowhere.left_by_crash(4), Shards{});
  nowhere.remove();
}

}  // namespace
}  // namespace weir
