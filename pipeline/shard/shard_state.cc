#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <limits>

#include "pipeline/core/check.h"
#include "pipeline/core/state_visitors.h"
#include "pipeline/graph/state_parts.h"
#include "pipeline/shard/shard.h"

// The state of a Shard: hashed, saved, loaded.

namespace weir {

std::uint64_t Shard::output_hash() const {
  std::uint64_t hash = 0;
  for (const Output& output : outputs_) {
    const std::uint64_t one = output.hash();
    hash = XXH3_64bits_withSeed(&one, sizeof one, hash);
  }
  return hash;
}

std::uint64_t Shard::state_hash() {
  check(step_.size() == 0, "the state is hashed between steps");
  StateHasher hasher;
  for (const auto [node, part] : parts_) operators_[node]->state(hasher, part);
  clock_.state(hasher);
  believed_.state(hasher);
  hasher(sequence_);
  return hasher.hash();
}

std::vector<StateSection> Shard::save(SealedSink* sink, std::size_t most) {
  check(step_.size() == 0, "the state is visited between steps");
  std::vector<StateSection> sections(1);
  StateWriter own(sections[0].bytes);
  save_own(own);
  for (const auto [node, part] : parts_) {
    const Node::Part& saved = graph_.nodes[node].parts[part];
    sections.push_back({graph_.nodes[node].name, saved.state.name, saved.fingerprint, {}, {}});
    StateSection& section = sections.back();
    StateWriter writer = sink != nullptr ? StateWriter(section.bytes, *sink, section.sealed, most)
                                         : StateWriter(section.bytes);
    operators_[node]->state(writer, part);
    most -= std::min(most, section.bytes.size());
  }
  return sections;
}

std::vector<SealedBytes> Shard::sealed(SealedSink& sink) {
  struct Collect final : SealedSink {
    explicit Collect(SealedSink& to) : sink(to) {}
    void settle(SealedBytes& part) override {
      if (part.empty()) return;
      sink.settle(part);
      parts.push_back(part);
    }
    SealedSink& sink;
    std::vector<SealedBytes> parts;
  } collect(sink);
  for (const auto& one : operators_) one->sealed(collect);
  return std::move(collect.parts);
}

std::vector<std::string> Shard::load(std::span<const StateSection> sections,
                                     std::span<const std::string> reset, bool any_logic) {
  check(sequence_ == 0, "a state is loaded first");
  for (const StateSection& section : sections) {
    if (!section.name.empty()) continue;
    StateReader reader(section.bytes);
    load_own(reader);
    if (reader.left() != 0) throw StateError("the shard's own state is longer than expected");
  }
  std::vector<std::vector<bool>> warm;
  for (std::size_t node = 0; node < operators_.size(); ++node) {
    const bool cold = std::ranges::find(reset, graph_.nodes[node].name) != reset.end();
    warm.push_back(load_operator(node, cold ? std::span<const StateSection>() : sections,
                                 any_logic));
  }
  std::vector<std::string> cold;
  for (const auto [node, part] : parts_)
    if (!warm[node][part])
      cold.push_back(part_name(graph_.nodes[node].name, graph_.nodes[node].parts[part].state.name));
  return cold;
}

/// Returns for each part of the operator whether it was loaded.
std::vector<bool> Shard::load_operator(std::size_t index, std::span<const StateSection> sections,
                                       bool any_logic) {
  const Node& node = graph_.nodes[index];
  std::vector<const StateSection*> saved(node.parts.size());
  for (const StateSection& section : sections) {
    if (section.name != node.name) continue;
    for (std::size_t part = 0; part < saved.size(); ++part)
      if (node.parts[part].state.name == section.part &&
          (any_logic || node.parts[part].fingerprint == section.fingerprint))
        saved[part] = &section;
  }
  for (std::size_t part = 0; part < saved.size(); ++part) {
    if (saved[part] == nullptr) continue;
    const StateSection& section = *saved[part];
    try {
      StateReader reader(section.bytes, section.sealed);
      operators_[index]->state(reader, part);
      if (reader.left() != 0)
        throw StateError(fmt::format("the state of {} is longer than this program reads",
                                     part_name(section.name, section.part)));
    } catch (const StateError&) {
      if (node.parts[part].fingerprint == section.fingerprint) throw;
      saved[part] = nullptr;  // what is half loaded is of no use, nor is what came before
      operators_[index] = make(node);
      part = std::numeric_limits<std::size_t>::max();  // from the first part again
    }
  }
  std::vector<bool> warm;
  for (const StateSection* section : saved) warm.push_back(section != nullptr);
  return warm;
}

// Everything in it has a name, so that another pipeline takes from it what it knows.
void Shard::save_own(StateVisitor& visit) {
  visit.version("shard", 4);
  visit(sequence_);
  dead_letters_.state(visit);
  visit.count(settings_.lanes.size(), 1);
  for (Lane& lane : settings_.lanes) {
    std::string source = graph_.sources[lane.source].name;
    visit(source, lane.partition);
  }
  clock_.state(visit);
  believed_.highest_state(visit);
  visit.count(outputs_.size(), 1);
  for (Output& output : outputs_) {
    std::string name = output.sink().name;
    visit(name);
    output.state(visit);
  }
  visit.count(sources_.size(), 1);
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    std::string name = graph_.sources[i].name;
    Intake::Counts counts = sources_[i].counts();
    visit(name, counts.rows, counts.bad, counts.late, counts.behind);
    believed_.source_state(i, visit);
  }
  visit.count(counts_.size(), 1);
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    std::string name = graph_.nodes[i].name;
    visit(name, counts_[i].rows_in, counts_[i].rows_out, counts_[i].late);
  }
}

void Shard::load_own(StateVisitor& visit) {
  visit.version("shard", 4);
  visit(sequence_);
  step_.clear(sequence_);
  dead_letters_.state(visit);
  std::size_t n = visit.count(0, 1);
  std::vector<std::size_t> from(settings_.lanes.size(), EventClock::kNoLane);
  for (std::size_t i = 0; i < n; ++i) {
    std::string source;
    std::int32_t partition = 0;
    visit(source, partition);
    for (std::size_t lane = 0; lane < from.size(); ++lane)
      if (graph_.sources[settings_.lanes[lane].source].name == source &&
          settings_.lanes[lane].partition == partition)
        from[lane] = i;
  }
  EventClock clock(n == from.size() ? lateness() : std::vector<std::int64_t>(n));
  clock.state(visit);
  clock_.carry(clock, from);
  believed_.highest_state(visit);
  n = visit.count(0, 1);
  for (std::string name; n > 0; --n) {
    std::uint64_t hash = 0, rows = 0;
    visit(name, hash, rows);
    for (Output& output : outputs_)
      if (output.sink().name == name) output.carry(hash, rows);
  }
  n = visit.count(0, 1);
  for (std::string name; n > 0; --n) {
    Intake::Counts counts;
    BelievedTime::Source believed;
    visit(name, counts.rows, counts.bad, counts.late, counts.behind, believed);
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      if (graph_.sources[i].name != name) continue;
      sources_[i].carry(counts);
      believed_.carry(i, std::move(believed), from);
    }
  }
  n = visit.count(0, 1);
  for (std::string name; n > 0; --n) {
    OperatorCounts counts;
    visit(name, counts.rows_in, counts.rows_out, counts.late);
    for (std::size_t i = 0; i < counts_.size(); ++i)
      if (graph_.nodes[i].name == name) counts_[i] = counts;
  }
}

std::size_t Shard::state_bytes(std::size_t node) {
  StateSizer sizer;
  for (std::size_t part = 0; part < graph_.nodes[node].parts.size(); ++part)
    operators_[node]->state(sizer, part);
  return sizer.size();
}

}  // namespace weir
