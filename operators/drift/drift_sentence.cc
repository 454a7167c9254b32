#include "operators/drift/drift_sentence.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace weir {
namespace {

constexpr int kMostDigits = 17;  // tell any two doubles apart

/// With that many digits, without an exponent where a reader would not want one.
std::string with_digits(double number, int digits) {
  std::string text = fmt::format("{:.{}g}", number, digits);
  if (text.find('e') != std::string::npos && std::abs(number) >= 1 && std::abs(number) < 1e15)
    text = fmt::format("{:.0f}", number);
  return text;
}

double read(const std::string& text) {
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// 1234567.8 -> 1,234,567.8
std::string grouped(std::string text) {
  if (text.find('e') != std::string::npos) return text;
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  for (std::size_t at = std::min(text.find('.'), text.size()); at > first + 3;)
    text.insert(at -= 3, ",");
  return text;
}

/// What both windows hold; texts have no mean.
std::string windows(const Window& current, const Window& reference) {
  if (std::isnan(current.mean))
    return fmt::format("the last {} values against {} before", current.count, reference.count);
  const auto [now, before] = told_apart(current.mean, reference.mean, 6);
  return fmt::format("mean {} in the last {} values against {} in {} before", now, current.count,
                     before, reference.count);
}

std::string what_happened(DriftState before, Drift now) {
  if (now == Drift::drift) return "has drifted";
  if (now == Drift::warning)
    return before == DriftState::drift ? "has settled, but not for certain" : "may be drifting";
  return before == DriftState::no_data ? "has values again, and is stable" : "is stable again";
}

}  // namespace

std::pair<std::string, std::string> told_apart(double a, double b, int least) {
  for (int digits = least;; ++digits) {
    const std::string one = with_digits(a, digits), other = with_digits(b, digits);
    const double shown = read(one) - read(other), is = a - b;
    if (digits == kMostDigits || std::abs(shown - is) <= 0.05 * std::abs(is))
      return {grouped(one), grouped(other)};
  }
}

std::string test_sentence(const WatchedName& name, DriftState before, const Verdict& verdict,
                          double p_value) {
  const bool finite = std::isfinite(verdict.statistic);
  const auto [statistic, threshold] =
      told_apart(finite ? verdict.statistic : verdict.threshold, verdict.threshold, 4);
  return fmt::format("{} of {} {}: {} ({} {}, threshold {}{})", name.field, name.stream,
                     what_happened(before, verdict.drift),
                     windows(verdict.current, verdict.reference), name.detector,
                     finite ? statistic : "infinite", threshold,
                     std::isnan(p_value) ? "" : fmt::format(", p {:.3g}", p_value));
}

std::string no_data_sentence(const WatchedName& name, std::uint64_t missing, std::uint64_t rows) {
  return fmt::format("{} of {} has no data: {} of the last {} rows have no value", name.field,
                     name.stream, missing, rows);
}

}  // namespace weir
