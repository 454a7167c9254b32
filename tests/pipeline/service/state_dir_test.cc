#include "pipeline/service/state_dir.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <stdexcept>

#include "tests/harness/pipelines.h"
#include "tests/temporary_folder.h"

namespace weir {
namespace {

using namespace engine_test;

TEST(StateDir, IsPrivateAndForOneProgram) {
  const TemporaryFolder folder;
  auto pipeline = read_pipeline(kDiamond);
  pipeline->config.engine.state_dir = folder.path().string();
  {
    const StateDir dir(pipeline->config);
    EXPECT_EQ(dir.path(), folder.path() / "diamond");
    struct stat status = {};
    ASSERT_EQ(::stat(dir.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
    EXPECT_THROW(StateDir(pipeline->config), std::runtime_error);
  }
  EXPECT_NO_THROW(StateDir(pipeline->config));
}

}  // namespace
}  // namespace weir
