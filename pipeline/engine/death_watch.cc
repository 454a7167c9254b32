#include "pipeline/engine/death_watch.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

namespace weir {
namespace {

using Json = nlohmann::json;
constexpr std::size_t kMostBytes = 1 << 20;

}  // namespace

DeathWatch::DeathWatch(std::filesystem::path file) : file_(std::move(file)) {}

DeathWatch::~DeathWatch() {
  if (fd_ >= 0) ::close(fd_);
}

std::optional<DeathWatch::Mark> DeathWatch::left() const {
  std::error_code missing;
  const auto size = std::filesystem::file_size(file_, missing);
  if (missing || size > kMostBytes) return std::nullopt;
  std::ifstream in(file_, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  try {
    const Json json = Json::parse(text);
    Mark mark;
    mark.deaths = json.at("deaths");
    for (const Json& one : json.at("taken"))
      mark.taken.push_back({one.at(0), one.at(1), one.at(2)});
    if (json.contains("alone")) {
      const Json& alone = json["alone"];
      mark.alone = Skip{alone.at(0), alone.at(1), alone.at(2)};
    }
    return mark;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

void DeathWatch::note(const Mark& mark) {
  if (fd_ < 0) {
    std::error_code ignored;
    std::filesystem::create_directories(file_.parent_path(), ignored);
    fd_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd_ < 0) return;  // a full disk does not stop the work
  }
  Json json = {{"deaths", mark.deaths}, {"taken", Json::array()}};
  for (const Taken& one : mark.taken)
    json["taken"].push_back({one.source, one.partition, one.upto});
  if (mark.alone) json["alone"] = {mark.alone->source, mark.alone->partition, mark.alone->offset};
  std::string text = json.dump();
  size_ = std::max(size_, text.size());
  text.resize(size_, ' ');  // over what a longer one left
  if (::pwrite(fd_, text.data(), text.size(), 0) < 0) return;
}

void DeathWatch::clear() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  size_ = 0;
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

}  // namespace weir
