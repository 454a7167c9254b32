#include "pipeline/runner/poison_guard.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace weir {

PoisonGuard::PoisonGuard(ProcessTurns& turns, std::optional<std::filesystem::path> note,
                         Notices& notices)
    : turns_(turns), notices_(notices) {
  if (note) note_.emplace(std::move(*note));
}

void PoisonGuard::begin(bool crashed, const Cursor& here) {
  const std::optional<CrashNote::Mark> left = note_ ? note_->left() : std::nullopt;
  if (!left) return;
  const bool again = !here.is_past(left->suspects);
  if (!again && (!crashed || here.is_past(left->taken))) return;
  suspect(*left, crashed, again);
  std::vector<Skip> poison = left->poison;
  if (crashed && left->alone) poison.push_back(*left->alone);
  for (const Skip& one : poison) {
    const auto next = here.at(one.source, one.partition);
    if (!next || *next > one.offset) continue;
    mark_.poison.push_back(one);
    notices_.warn(fmt::format(
        "offset {} of {} [{}] crashed the process every time: sending it to the dead letters",
        one.offset, one.source, one.partition));
  }
  if (mark_.poison.empty() && one_by_one())
    notices_.warn(fmt::format(
        "the process crashed {} times over the same records: processing them one by one",
        mark_.crashes));
}

/// `again`: what was suspect before is not done yet.
void PoisonGuard::suspect(const CrashNote::Mark& left, bool crashed, bool again) {
  mark_.crashes = left.crashes;
  mark_.suspects = left.suspects;
  if (!crashed) return;  // a process that was killed leaves what was known before
  mark_.crashes = again ? left.crashes + 1 : 1;
  if (!again) mark_.suspects = {};
  for (const auto& [input, next] : left.taken.entries())
    mark_.suspects.advance(input.first, input.second, next);
}

ProcessTurns::Beside PoisonGuard::beside_others() {
  if (one_by_one()) return {};
  return turns_.beside_others();
}

void PoisonGuard::note(std::string_view source, std::int32_t partition, std::int64_t next) {
  if (!note_ || one_by_one()) return;
  mark_.taken.advance(source, partition, next);
  note_->write(mark_);
}

void PoisonGuard::alone(Skip record, const std::function<void()>& process) {
  const ProcessTurns::Alone alone = turns_.alone();
  mark_.alone = std::move(record);
  if (note_) note_->write(mark_);
  process();
  mark_.alone.reset();
  if (note_) note_->write(mark_);
}

void PoisonGuard::committed(const Cursor& upto) {
  if (!suspects_any() || !upto.is_past(mark_.suspects)) return;
  if (one_by_one()) notices_.warn("the records that crashed the process have been passed");
  mark_.crashes = 0;
  mark_.suspects = {};
  mark_.poison.clear();
  if (note_) note_->write(mark_);
}

void PoisonGuard::clear() {
  mark_ = {};
  if (note_) note_->remove();
}

}  // namespace weir
