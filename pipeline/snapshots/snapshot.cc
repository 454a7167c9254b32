#include "pipeline/snapshots/snapshot.h"

#include <fmt/format.h>
#include <xxhash.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "pipeline/core/hash_text.h"
#include "pipeline/core/json.h"

namespace weir {
namespace {

// Magic, u32 version, u32 size of the head, head (JSON), u64 hash of all that; then blocks: u32 raw
// size, u32 packed size, u64 hash of the packed bytes, the bytes; a block of raw size 0 ends it.
constexpr std::string_view kMagic = "WEIRSNAP";
constexpr std::uint32_t kVersion = 3;
constexpr std::size_t kBlock = 1 << 20;
constexpr std::size_t kMaxHead = 64 << 20;
constexpr std::uint64_t kMaxState = std::uint64_t{64} << 30;

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
T take(std::string_view& in) {
  if (in.size() < sizeof(T)) throw std::runtime_error("it is cut short");
  T value;
  std::memcpy(&value, in.data(), sizeof value);
  in.remove_prefix(sizeof value);
  return value;
}

std::string_view take(std::string_view& in, std::size_t size) {
  if (in.size() < size) throw std::runtime_error("it is cut short");
  const std::string_view part = in.substr(0, size);
  in.remove_prefix(size);
  return part;
}

std::uint64_t hash_of(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::uint64_t hex(const Json& json) { return read_hex16(json.get_ref<const std::string&>()); }

Json sections_of(const Snapshot& snapshot) {
  Json all = Json::array();
  for (const StateSection& section : snapshot.sections) {
    Json one;
    one["name"] = section.name;
    one["part"] = section.part;
    one["fingerprint"] = hex16(section.fingerprint);
    one["bytes"] = section.bytes.size();
    one["hash"] = hex16(hash_of(section.bytes));
    Json sealed = Json::array();
    for (const SealedBytes& part : section.sealed)
      sealed.push_back(
          Json::array({hex16(part.name().high), hex16(part.name().low), part.name().size}));
    one["sealed"] = std::move(sealed);
    all.push_back(std::move(one));
  }
  return all;
}

std::string head_of(const Snapshot& snapshot) {
  Json json;
  json["pipeline"] = snapshot.pipeline;
  json["shard"] = snapshot.shard;
  json["epoch"] = snapshot.epoch;
  json["chain"] = hex16(snapshot.chain);
  json["logic"] = hex16(snapshot.logic);
  json["log_position"] = snapshot.log_position;
  Json positions = Json::array();
  for (const auto& [lane, offset] : snapshot.positions)
    positions.push_back(Json::array({lane.first, lane.second, offset}));
  json["positions"] = std::move(positions);
  json["record_bytes"] = snapshot.record_bytes;
  json["resolved"] = snapshot.resolved;
  json["sections"] = sections_of(snapshot);
  // Bytes that are no UTF-8 (in a name?) are the pipeline's fault, not the snapshot's.
  const std::string text = json_text(json);
  if (text.size() > kMaxHead) throw std::runtime_error("the head of the snapshot is too large");
  std::string out(kMagic);
  put(out, kVersion);
  put(out, static_cast<std::uint32_t>(text.size()));
  out += text;
  put(out, hash_of(out));
  return out;
}

SnapshotOutline parse_head(const Json& json) {
  SnapshotOutline outline;
  Snapshot& head = outline.head;
  head.pipeline = json.at("pipeline");
  head.shard = json.at("shard");
  head.epoch = json.at("epoch");
  head.chain = hex(json.at("chain"));
  head.logic = hex(json.at("logic"));
  head.log_position = json.at("log_position");
  for (const Json& position : json.at("positions"))
    head.positions.push_back({{position.at(0), position.at(1)}, position.at(2)});
  head.record_bytes = json.at("record_bytes");
  head.resolved = json.at("resolved");
  std::uint64_t sum = 0;
  for (const Json& one : json.at("sections")) {
    StateSection& section = head.sections.emplace_back();
    section.name = one.at("name");
    section.part = one.at("part");
    section.fingerprint = hex(one.at("fingerprint"));
    for (const Json& part : one.at("sealed"))
      section.sealed.emplace_back(
          SealedName{hex(part.at(0)), hex(part.at(1)), part.at(2).get<std::uint64_t>()},
          std::string_view(), nullptr);
    outline.measures.push_back({one.at("bytes").get<std::uint64_t>(), hex(one.at("hash"))});
    if (outline.measures.back().bytes > kMaxState - sum)
      throw std::runtime_error("its state is too large");
    sum += outline.measures.back().bytes;
  }
  return outline;
}

SnapshotOutline take_head(std::string_view& in) {
  const std::string_view whole = in;
  if (in.size() < kMagic.size()) throw std::runtime_error("it is cut short");
  if (take(in, kMagic.size()) != kMagic) throw std::runtime_error("it is not a snapshot");
  if (const auto version = take<std::uint32_t>(in); version != kVersion)
    throw std::runtime_error(
        fmt::format("it has format version {}, this program reads version {}: remove it, and its "
                    "state is replayed, or run the program that wrote it",
                    version, kVersion));
  const auto size = take<std::uint32_t>(in);
  if (size > kMaxHead) throw std::runtime_error("its head is too large");
  const std::string_view text = take(in, size);
  const std::uint64_t hash = hash_of(whole.substr(0, whole.size() - in.size()));
  if (take<std::uint64_t>(in) != hash) throw std::runtime_error("its head is damaged");
  try {
    return parse_head(parse_whole_json(text));
  } catch (const Json::exception&) {
    throw std::runtime_error("its head is not that of a snapshot");
  }
}

void put_block(std::string& out, std::string_view raw) {
  const std::size_t at = out.size() + 16;
  out.resize(at + ZSTD_compressBound(raw.size()));
  const std::size_t n = ZSTD_compress(out.data() + at, out.size() - at, raw.data(), raw.size(), 1);
  if (ZSTD_isError(n)) throw std::runtime_error(ZSTD_getErrorName(n));
  out.resize(at + n);
  const auto raw_size = static_cast<std::uint32_t>(raw.size());
  const auto packed_size = static_cast<std::uint32_t>(n);
  const std::uint64_t hash = hash_of(std::string_view(out).substr(at));
  std::memcpy(out.data() + at - 16, &raw_size, sizeof raw_size);
  std::memcpy(out.data() + at - 12, &packed_size, sizeof packed_size);
  std::memcpy(out.data() + at - 8, &hash, sizeof hash);
}

/// Appends the next block to `out`; returns false at the last.
bool take_block(std::string_view& in, std::string& out, std::uint64_t most) {
  const auto raw = take<std::uint32_t>(in);
  const auto packed_size = take<std::uint32_t>(in);
  const auto expected = take<std::uint64_t>(in);
  if (raw == 0) return false;
  if (raw > kBlock || raw > most) throw std::runtime_error("a block is too large");
  const std::string_view packed = take(in, packed_size);
  if (hash_of(packed) != expected) throw std::runtime_error("a block is damaged");
  const std::size_t at = out.size();
  out.resize(at + raw);
  if (ZSTD_decompress(out.data() + at, raw, packed.data(), packed.size()) != raw)
    throw std::runtime_error("a block does not unpack");
  return true;
}

}  // namespace

std::string pack_snapshot(const Snapshot& snapshot) {
  std::string out = head_of(snapshot);
  for (const StateSection& section : snapshot.sections) {
    std::string_view rest = section.bytes;
    while (!rest.empty()) {
      put_block(out, rest.substr(0, kBlock));
      rest.remove_prefix(std::min(kBlock, rest.size()));
    }
  }
  out.append(16, '\0');
  return out;
}

Snapshot unpack_snapshot(std::string_view in) {
  SnapshotOutline outline = take_head(in);
  for (std::size_t i = 0; i < outline.measures.size(); ++i) {
    const SnapshotOutline::Measure& measure = outline.measures[i];
    std::string& bytes = outline.head.sections[i].bytes;
    while (bytes.size() < measure.bytes)
      if (!take_block(in, bytes, measure.bytes - bytes.size()))
        throw std::runtime_error("its state ends early");
    if (hash_of(bytes) != measure.hash) throw std::runtime_error("its state is damaged");
  }
  std::string none;
  if (take_block(in, none, 0) || !in.empty())
    throw std::runtime_error("it continues after the end of its state");
  return std::move(outline.head);
}

SnapshotOutline outline_snapshot(std::string_view bytes) { return take_head(bytes); }

}  // namespace weir
