#include "pipeline/epochs/epoch_record.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <stdexcept>

#include "pipeline/core/hash_text.h"
#include "pipeline/core/json.h"

namespace weir {
namespace {

constexpr std::string_view kChain = ",\"chain\":\"";  // the record's last member

std::uint64_t from_hex(const Json& json) { return read_hex16(json.get_ref<const std::string&>()); }

Json write_begin(const Beginning& begin) {
  Json json;
  json["pipeline"] = begin.pipeline;
  json["shards"] = begin.shards;
  json["partitions"] = begin.partitions;
  Json start = Json::array();
  for (const auto& [lane, offset] : begin.start)
    start.push_back(Json::array({lane.first, lane.second, offset}));
  json["start"] = std::move(start);
  json["record_bytes"] = begin.record_bytes;
  if (!begin.reset.empty()) json["reset"] = begin.reset;
  if (begin.accepted) json["accepted"] = hex16(*begin.accepted);
  return json;
}

Beginning read_begin(const Json& json) {
  Beginning begin;
  begin.pipeline = json.at("pipeline");
  begin.shards = json.at("shards");
  begin.partitions = json.at("partitions");
  for (const Json& start : json.at("start"))
    begin.start.push_back({{start.at(0), start.at(1)}, start.at(2)});
  begin.record_bytes = json.value("record_bytes", std::uint64_t{0});
  if (json.contains("reset")) begin.reset = json["reset"];
  if (json.contains("accepted")) begin.accepted = from_hex(json["accepted"]);
  return begin;
}

Json write_mark(const Mark& mark) {
  Json json = {{"seq", mark.sequence}};
  if (mark.kind == Mark::Kind::tick) {
    json["kind"] = "tick";
    json["watermark"] = mark.watermark;
  } else {
    json["kind"] = "idle";
    json["source"] = mark.source;
    json["partition"] = mark.partition;
  }
  return json;
}

Mark read_mark(const Json& json) {
  Mark mark;
  mark.sequence = json.at("seq");
  if (json.at("kind") == "tick") {
    mark.watermark = json.at("watermark");
    return mark;
  }
  mark.kind = Mark::Kind::idle;
  mark.source = json.at("source");
  mark.partition = json.at("partition");
  return mark;
}

}  // namespace

bool contains(std::span<const Skip> skips, std::string_view source, std::int32_t partition,
              std::int64_t offset) {
  return std::ranges::any_of(skips, [&](const Skip& one) {
    return one.offset == offset && one.partition == partition && one.source == source;
  });
}

std::uint64_t hash_input(std::uint64_t so_far, std::int32_t partition, const Record& record) {
  const std::int64_t where[] = {partition, record.offset, record.timestamp,
                                record.has_key + 2 * record.has_value};
  const std::uint64_t seed = XXH3_64bits_withSeed(where, sizeof where, so_far);
  return XXH3_64bits_withSeed(record.value.data(), record.value.size(),
                              XXH3_64bits_withSeed(record.key.data(), record.key.size(), seed));
}

std::string EpochRecord::write(std::uint64_t previous_chain) {
  Json json;
  json["v"] = kVersion;
  json["epoch"] = epoch;
  if (owner)
    json["owner"] = {{"instance", owner->instance}, {"host", owner->host}, {"pid", owner->pid}};
  if (begin) json[epoch == 0 ? "begin" : "change"] = write_begin(*begin);
  if (!lost.empty()) {
    Json list = Json::array();
    for (const LostInput& one : lost)
      list.push_back(Json::array({one.source, one.partition, one.first, one.last}));
    json["lost"] = std::move(list);
  }
  if (resumed) json["resumed"] = *resumed;
  Json run_list = Json::array();
  for (const Run& run : runs)
    run_list.push_back(Json::array({run.source, run.partition, run.count, run.first, run.last}));
  json["runs"] = std::move(run_list);
  Json ticks = Json::array();
  for (const Mark& mark : marks) ticks.push_back(write_mark(mark));
  json["ticks"] = std::move(ticks);
  json["sequence"] = sequence;
  json["in"] = hex16(in);
  json["out"] = hex16(out);
  if (state) json["state"] = hex16(*state);
  json["logic"] = hex16(logic);
  Json skip_list = Json::array();
  for (const Skip& skip : skips)
    skip_list.push_back(Json::array({skip.source, skip.partition, skip.offset}));
  json["skips"] = std::move(skip_list);
  std::string text = json_text(json);
  chain = XXH3_64bits_withSeed(text.data(), text.size(), previous_chain);
  text.pop_back();
  text += kChain;
  text += hex16(chain) + "\"}";
  return text;
}

EpochRecord EpochRecord::read(std::string_view text, std::optional<std::uint64_t> previous_chain) {
  try {
    const std::size_t at = text.rfind(kChain);
    if (at == std::string_view::npos) throw std::runtime_error("no chain");
    const Json json = parse_whole_json(text);
    if (json.at("v") != kVersion)
      throw std::runtime_error(
          fmt::format("version {}, this program reads {}", json_text(json.at("v")), kVersion));
    EpochRecord record;
    record.epoch = json.at("epoch");
    if (json.contains("owner")) {
      const Json& owner = json["owner"];
      record.owner = Owner{owner.at("instance"), owner.at("host"), owner.at("pid")};
    }
    for (const char* name : {"begin", "change"})
      if (json.contains(name)) record.begin = read_begin(json[name]);
    if (json.contains("lost"))
      for (const Json& one : json["lost"])
        record.lost.push_back({one.at(0), one.at(1), one.at(2), one.at(3)});
    if (json.contains("resumed")) record.resumed = json["resumed"];
    for (const Json& skip : json.at("skips"))
      record.skips.push_back({skip.at(0), skip.at(1), skip.at(2)});
    for (const Json& run : json.at("runs"))
      record.runs.push_back({run.at(0), run.at(1), run.at(2), run.at(3), run.at(4)});
    for (const Json& mark : json.at("ticks")) record.marks.push_back(read_mark(mark));
    record.sequence = json.at("sequence");
    record.in = from_hex(json.at("in"));
    record.out = from_hex(json.at("out"));
    if (json.contains("state")) record.state = from_hex(json["state"]);
    record.logic = from_hex(json.at("logic"));
    record.chain = from_hex(json.at("chain"));
    if (previous_chain) {
      const std::string body = std::string(text.substr(0, at)) + "}";
      if (XXH3_64bits_withSeed(body.data(), body.size(), *previous_chain) != record.chain)
        throw std::runtime_error("its chained hash does not follow from the record before it");
    }
    return record;
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("not an epoch record: {}", error.what()));
  }
}

}  // namespace weir
