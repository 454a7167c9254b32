#include "pipeline/snapshots/snapshot_topic_format.h"

#include <fmt/format.h>
#include <xxhash.h>
#include <zstd.h>

#include <charconv>
#include <cstring>
#include <stdexcept>

#include "pipeline/core/hash_text.h"
#include "pipeline/core/json.h"

namespace weir {
namespace {

constexpr int kVersion = 1;
constexpr std::size_t kDigits = 16;
constexpr std::string_view kSegmentPrefix = "segment/";

std::string with_hash(const Json& json) {
  const std::string text = json_text(json);
  return hex16(XXH3_64bits(text.data(), text.size())) + text;
}

/// What `read` makes of the JSON of such a text.
template <class Read>
auto read_hashed(std::string_view text, const std::string& what, Read read) {
  if (text.size() < kDigits) throw std::runtime_error(what + " is cut short");
  const std::string_view json = text.substr(kDigits);
  if (hex16(XXH3_64bits(json.data(), json.size())) != text.substr(0, kDigits))
    throw std::runtime_error(what + " is damaged");
  try {
    const Json parsed = parse_whole_json(json);
    if (const int version = parsed.at("v"); version != kVersion)
      throw std::runtime_error(
          fmt::format("{} has version {}, this program reads {}", what, version, kVersion));
    return read(parsed);
  } catch (const Json::exception&) {
    throw std::runtime_error(what + " is not one");
  }
}

SealedName name_of(const Json& json) {
  const auto name = SealedName::parse(json.get_ref<const std::string&>());
  if (!name) throw std::runtime_error("a name is not one of a sealed part");
  return *name;
}

}  // namespace

std::string snapshot_key(std::uint64_t serial, std::uint64_t chunk) {
  return fmt::format("snapshot/{}/{}", serial % kTopicGenerations, chunk);
}

std::string segment_key(const SealedName& name, std::uint64_t chunk) {
  return fmt::format("{}{}/{}", kSegmentPrefix, name.text(), chunk);
}

std::optional<SegmentKey> parse_segment_key(std::string_view key) {
  const std::size_t slash = key.rfind('/');
  if (!key.starts_with(kSegmentPrefix) || slash < kSegmentPrefix.size()) return std::nullopt;
  const auto name =
      SealedName::parse(key.substr(kSegmentPrefix.size(), slash - kSegmentPrefix.size()));
  SegmentKey parsed;
  const char* end = key.data() + key.size();
  const auto [at, error] = std::from_chars(key.data() + slash + 1, end, parsed.chunk);
  if (!name || error != std::errc() || at != end) return std::nullopt;
  parsed.name = *name;
  return parsed;
}

std::string write_manifest(const std::vector<TopicSnapshot>& snapshots) {
  Json all = Json::array();
  for (const TopicSnapshot& one : snapshots)
    all.push_back({{"serial", one.serial},
                   {"epoch", one.epoch},
                   {"chain", hex16(one.chain)},
                   {"log_position", one.log_position},
                   {"from", one.from},
                   {"chunks", one.chunks},
                   {"payload", one.payload.text()},
                   {"time_ms", one.time_ms}});
  return with_hash({{"v", kVersion}, {"snapshots", std::move(all)}});
}

std::vector<TopicSnapshot> read_manifest(std::string_view value) {
  return read_hashed(value, "the manifest", [](const Json& json) {
    std::vector<TopicSnapshot> snapshots;
    for (const Json& one : json.at("snapshots")) {
      TopicSnapshot& snapshot = snapshots.emplace_back();
      snapshot.serial = one.at("serial");
      snapshot.epoch = one.at("epoch");
      snapshot.chain = std::stoull(one.at("chain").get_ref<const std::string&>(), nullptr, 16);
      snapshot.log_position = one.at("log_position");
      snapshot.from = one.at("from");
      snapshot.chunks = one.at("chunks");
      snapshot.payload = name_of(one.at("payload"));
      snapshot.time_ms = one.at("time_ms");
    }
    return snapshots;
  });
}

std::string write_directory(const std::map<SealedName, TopicSegment>& segments) {
  Json all = Json::array();
  for (const auto& [name, segment] : segments)
    all.push_back(Json::array({name.text(), segment.from, segment.chunks, segment.until}));
  return with_hash({{"v", kVersion}, {"segments", std::move(all)}});
}

std::map<SealedName, TopicSegment> read_directory(std::string_view text) {
  return read_hashed(text, "the directory of sealed parts", [](const Json& json) {
    std::map<SealedName, TopicSegment> segments;
    for (const Json& one : json.at("segments"))
      segments[name_of(one.at(0))] = {one.at(1).get<std::int64_t>(), one.at(2).get<std::uint64_t>(),
                                      one.at(3).get<std::uint64_t>()};
    return segments;
  });
}

std::string snapshot_chunk(std::uint64_t serial, std::string_view piece) {
  std::string chunk(reinterpret_cast<const char*>(&serial), sizeof serial);
  chunk += piece;
  return chunk;
}

std::optional<std::string_view> piece_of(std::string_view chunk, std::uint64_t serial) {
  if (chunk.size() < sizeof serial || std::memcmp(chunk.data(), &serial, sizeof serial) != 0)
    return std::nullopt;
  return chunk.substr(sizeof serial);
}

std::string pack_segment_chunk(std::string_view raw) {
  const auto size = static_cast<std::uint32_t>(raw.size());
  std::string chunk(sizeof size + ZSTD_compressBound(raw.size()), '\0');
  std::memcpy(chunk.data(), &size, sizeof size);
  const std::size_t n = ZSTD_compress(chunk.data() + sizeof size, chunk.size() - sizeof size,
                                      raw.data(), raw.size(), 1);
  if (ZSTD_isError(n)) throw std::runtime_error(ZSTD_getErrorName(n));
  chunk.resize(sizeof size + n);
  return chunk;
}

std::string unpack_segment_chunk(std::string_view chunk, std::size_t most) {
  std::uint32_t size = 0;
  if (chunk.size() < sizeof size) throw std::runtime_error("a chunk is cut short");
  std::memcpy(&size, chunk.data(), sizeof size);
  chunk.remove_prefix(sizeof size);
  if (size > most) throw std::runtime_error("a chunk is too large");
  std::string raw(size, '\0');
  if (ZSTD_decompress(raw.data(), size, chunk.data(), chunk.size()) != size)
    throw std::runtime_error("a chunk does not unpack");
  return raw;
}

std::string write_payload(std::string_view directory, std::string_view packed) {
  const std::uint64_t size = directory.size();
  std::string payload;
  payload.reserve(sizeof size + directory.size() + packed.size());
  payload.append(reinterpret_cast<const char*>(&size), sizeof size);
  payload += directory;
  payload += packed;
  return payload;
}

SnapshotTopicReader::Payload read_payload(std::string_view payload) {
  std::uint64_t size = 0;
  if (payload.size() < sizeof size) throw std::runtime_error("it is cut short");
  std::memcpy(&size, payload.data(), sizeof size);
  payload.remove_prefix(sizeof size);
  if (size > payload.size()) throw std::runtime_error("it is cut short");
  return {read_directory(payload.substr(0, size)), std::string(payload.substr(size))};
}

}  // namespace weir
