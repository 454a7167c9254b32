#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/epochs/cursor.h"
#include "pipeline/runner/crash_note.h"
#include "pipeline/runner/notices.h"
#include "pipeline/runner/process_turns.h"

namespace weir {

/// Finds records that crash the process, and has them sent to the dead letters instead.
///
/// What a shard takes is noted before it is processed. After three crashes over the same records
/// each of them is processed alone, so that the note of the next crash names one record: it is
/// poison from then on, until an epoch with everything suspect is committed.
class PoisonGuard {
 public:
  /// `note`: the file of the CrashNote; without one nothing is noted and no record is suspect.
  PoisonGuard(ProcessTurns& turns, std::optional<std::filesystem::path> note, Notices& notices);

  /// Reads what the last process left, at the start. `crashed`: it ended by itself, not by a kill;
  /// `here`: where this one begins.
  void begin(bool crashed, const Cursor& here);

  /// Whether each record is to be processed alone.
  bool one_by_one() const { return mark_.crashes >= kMostCrashes; }
  /// Held while the shard works; holds nothing when records are processed alone.
  ProcessTurns::Beside beside_others();

  /// Notes that records of an input are taken, those before `next`; before they are processed.
  void note(std::string_view source, std::int32_t partition, std::int64_t next);
  /// Processes one record while no other shard works. It is noted before, and no longer once it is
  /// done: a crash that comes then is not its doing.
  void alone(Skip record, const std::function<void()>& process);
  /// Whether a record is known to crash the process. Asked of every record.
  bool is_poison(std::string_view source, std::int32_t partition, std::int64_t offset) const {
    return contains(mark_.poison, source, partition, offset);
  }

  /// Whether `committed` has anything to find out.
  bool suspects_any() const { return mark_.crashes > 0; }
  /// An epoch up to there is committed: what it held has crashed nothing.
  void committed(const Cursor& upto);
  /// The shard is given up or ends by itself: no record is to blame.
  void clear();

 private:
  static constexpr std::uint32_t kMostCrashes = 3;

  void suspect(const CrashNote::Mark& left, bool crashed, bool again);

  ProcessTurns& turns_;
  std::optional<CrashNote> note_;
  Notices& notices_;
  CrashNote::Mark mark_;
};

}  // namespace weir
