#include "pipeline/runner/crash_note.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "pipeline/core/json.h"

namespace weir {
namespace {

constexpr std::size_t kMostBytes = 1 << 20;

Json write_cursor(const Cursor& cursor) {
  Json json = Json::array();
  for (const auto& [input, next] : cursor.entries())
    json.push_back(Json::array({input.first, input.second, next}));
  return json;
}

Cursor read_cursor(const Json& json) {
  Cursor cursor;
  for (const Json& one : json) cursor.set(one.at(0).get<std::string>(), one.at(1), one.at(2));
  return cursor;
}

Json write_record(const Skip& one) { return Json::array({one.source, one.partition, one.offset}); }

Skip read_record(const Json& json) { return {json.at(0), json.at(1), json.at(2)}; }

}  // namespace

CrashNote::CrashNote(std::filesystem::path file) : file_(std::move(file)) {}

CrashNote::~CrashNote() {
  if (fd_ >= 0) ::close(fd_);
}

std::optional<CrashNote::Mark> CrashNote::left() const {
  std::error_code missing;
  const auto size = std::filesystem::file_size(file_, missing);
  if (missing || size > kMostBytes) return std::nullopt;
  std::ifstream in(file_, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  try {
    const Json json = parse_whole_json(text);
    Mark mark;
    mark.crashes = json.at("deaths");  // the file's own words, from when it was first written
    mark.suspects = read_cursor(json.at("danger"));
    mark.taken = read_cursor(json.at("taken"));
    if (json.contains("alone")) mark.alone = read_record(json["alone"]);
    for (const Json& one : json.at("poison")) mark.poison.push_back(read_record(one));
    return mark;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

void CrashNote::write(const Mark& mark) {
  if (fd_ < 0) {
    std::error_code ignored;
    std::filesystem::create_directories(file_.parent_path(), ignored);
    fd_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd_ < 0) return;      // a full disk does not stop the work
    struct stat status = {};  // what it says stays until it says more: a crash may come in between
    if (::fstat(fd_, &status) == 0) size_ = static_cast<std::size_t>(status.st_size);
    if (size_ > kMostBytes) size_ = ::ftruncate(fd_, 0) == 0 ? 0 : size_;
  }
  Json json = {{"deaths", mark.crashes},
               {"danger", write_cursor(mark.suspects)},
               {"taken", write_cursor(mark.taken)}};
  if (mark.alone) json["alone"] = write_record(*mark.alone);
  json["poison"] = Json::array();
  for (const Skip& one : mark.poison) json["poison"].push_back(write_record(one));
  std::string text = json_text(json);
  size_ = std::max(size_, text.size());
  text.resize(size_, ' ');  // over what a longer one left
  if (::pwrite(fd_, text.data(), text.size(), 0) < 0) return;
}

void CrashNote::remove() {
  if (fd_ >= 0) ::close(fd_);  // the file may be another's by now: `write` opens it again
  fd_ = -1;
  size_ = 0;
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

}  // namespace weir
