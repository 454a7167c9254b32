#include "pipeline/service/recovery_teller.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace weir {
namespace {

constexpr std::chrono::seconds kEvery{2};

std::string replayed_text(const ReplayProgress& at) {
  const double rate = at.seconds > 0 ? static_cast<double>(at.rows) / at.seconds : 0;
  std::string text = fmt::format("replayed {} rows up to epoch {} of {} ({:.0f} rows/s", at.rows,
                                 at.epoch, at.epochs, rate);
  const double share = static_cast<double>(at.replayed) /
                       static_cast<double>(std::max<std::int64_t>(1, at.to_replay));
  if (at.epoch < at.epochs && share > 0)
    text += fmt::format(", {:.0f} s left", at.seconds / share - at.seconds);
  return text + ")";
}

}  // namespace

std::optional<std::string> RecoveryTeller::next(const ReplayProgress& at, Time now) {
  const bool first = !told_;
  if (!first && now - *told_ < kEvery && at.epoch != at.epochs) return std::nullopt;
  told_ = now;
  if (first && at.epoch == at.epochs && at.rows == 0)
    return fmt::format("continues after epoch {}, nothing to replay", at.epoch);
  if (at.rows > 0) return replayed_text(at);
  return fmt::format("{} epochs to replay", at.epochs - at.epoch);
}

}  // namespace weir
