#include "connectors/generate/cards.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "pipeline/core/exact_math.h"
#include "pipeline/core/number_text.h"

namespace weir {
namespace {

constexpr std::int64_t kBegin = 1'704'067'200'000;  // 2024-01-01T00:00:00Z
constexpr double kDay = 86'400'000;
constexpr double kMinute = 60'000;

struct Country {
  std::string_view name;
  double homes;    // share of the cards at home there
  double thieves;  // share of the frauds abroad that happen there
};
constexpr std::array<Country, 10> kCountries = {{{"DE", 0.25, 0.02},
                                                 {"FR", 0.20, 0.03},
                                                 {"IT", 0.15, 0.05},
                                                 {"ES", 0.12, 0.05},
                                                 {"NL", 0.08, 0.05},
                                                 {"PL", 0.06, 0.05},
                                                 {"GB", 0.05, 0.10},
                                                 {"US", 0.04, 0.30},
                                                 {"BR", 0.03, 0.20},
                                                 {"TR", 0.02, 0.15}}};

// The usual amount is about 30; cards differ by a factor of 1.6, purchases of one card by 1.8.
constexpr double kLogLevel = 3.4;
constexpr double kLogLevelSpread = 0.5;
constexpr double kLogAmountSpread = 0.6;
constexpr double kShift = 1.5;

// Before the change of concept, and after it.
struct Habits {
  double abroad;         // share of good transactions abroad
  double theft;          // thefts for each good transaction
  double fraud_abroad;   // share of frauds abroad
  double fraud_log;      // log of how much larger a fraud is
  std::uint32_t fewest;  // frauds of one theft
  std::uint32_t more;    // up to that many more
  double gap_ms;         // mean time between them
};
constexpr Habits kBefore = {0.04, 0.0045, 0.85, 1.1, 3, 5, 4 * kMinute};
constexpr Habits kAfter = {0.30, 0.038, 0.03, -1.6, 1, 1, 4 * kMinute};

constexpr double kDisputed = 0.002;
constexpr double kShortestDelay = 0.5 * kDay;
constexpr double kDelaySpread = 6 * kDay;

std::uint32_t pick_country(double u, double Country::*share) {
  for (std::uint32_t i = 0; i + 1 < kCountries.size(); ++i) {
    if (u < kCountries[i].*share) return i;
    u -= kCountries[i].*share;
  }
  return kCountries.size() - 1;
}

void append_padded(std::string& out, char letter, std::uint64_t number, std::size_t digits) {
  const std::string text = std::to_string(number);
  out += letter;
  if (text.size() < digits) out.append(digits - text.size(), '0');
  out += text;
}

}  // namespace

bool Cards::Later::operator()(const Theft& a, const Theft& b) const {
  return std::tie(a.time, a.order) > std::tie(b.time, b.order);
}

bool Cards::Later::operator()(const Chargeback& a, const Chargeback& b) const {
  return std::tie(a.time, a.transaction) > std::tie(b.time, b.transaction);
}

Cards::Cards(Options options) : options_(options), random_(options.seed), cards_(options.cards) {
  for (Card& card : cards_) {
    card.home = pick_country(random_.u01(), &Country::homes);
    card.log_level = kLogLevel + kLogLevelSpread * random_.sum12();
  }
  now_ = next_purchase_ = kBegin;
}

bool Cards::changed() const {
  return options_.concept_change != 0 && made_ >= options_.concept_change;
}

/// A time between events of a Poisson process.
std::int64_t Cards::gap_ms(double mean) {
  return static_cast<std::int64_t>(-exact::log(1 - random_.u01()) * mean);
}

std::uint32_t Cards::other_country(std::uint32_t home, bool fraud) {
  const std::uint32_t country =
      pick_country(random_.u01(), fraud ? &Country::thieves : &Country::homes);
  return country != home ? country : (home + 1) % kCountries.size();
}

bool Cards::next(Event& event) {
  const bool over = options_.events != 0 && made_ == options_.events;
  const bool stolen = !thefts_.empty() && thefts_.top().time < next_purchase_;
  const std::int64_t next_transaction = stolen ? thefts_.top().time : next_purchase_;
  if (!chargebacks_.empty() && (over || chargebacks_.top().time < next_transaction)) {
    const Chargeback& due = chargebacks_.top();
    event = {.stream = Stream::chargebacks,
             .time = due.time,
             .transaction = due.transaction,
             .card = due.card,
             .fraud = due.fraud,
             .amount = 0,
             .country = {},
             .home = {}};
    chargebacks_.pop();
    return true;
  }
  if (over) return false;
  now_ = next_transaction;
  plant();
  if (stolen) {
    const std::uint32_t card = thefts_.top().card;
    thefts_.pop();
    transaction(card, true, event);
    return true;
  }
  const auto card = static_cast<std::uint32_t>(random_.u01() * static_cast<double>(cards_.size()));
  transaction(card, false, event);
  if (random_.u01() < (changed() ? kAfter : kBefore).theft) steal(now_);
  next_purchase_ += gap_ms(kDay / (static_cast<double>(cards_.size()) * options_.a_day));
  return true;
}

void Cards::transaction(std::uint32_t card, bool fraud, Event& event) {
  const Habits& habits = changed() ? kAfter : kBefore;
  const Card& owner = cards_[card];
  const bool abroad = random_.u01() < (fraud ? habits.fraud_abroad : habits.abroad);
  const std::uint32_t country = abroad ? other_country(owner.home, fraud) : owner.home;
  double amount = exact::exp(owner.log_level + kLogAmountSpread * random_.sum12() +
                             (fraud ? habits.fraud_log : 0));
  if (options_.amount_shift != 0 && made_ >= options_.amount_shift) amount *= kShift;
  const auto cents = std::max<std::int64_t>(1, static_cast<std::int64_t>(amount * 100 + 0.5));
  event = {.stream = Stream::transactions,
           .time = now_,
           .transaction = made_,
           .card = card,
           .fraud = fraud,
           .amount = static_cast<double>(cents) / 100,
           .country = kCountries[country].name,
           .home = kCountries[owner.home].name};
  if (fraud || random_.u01() < kDisputed) {
    const double u = random_.u01();
    const double delay = kShortestDelay + kDelaySpread * u * u * u;  // most come early
    chargebacks_.push({now_ + static_cast<std::int64_t>(delay), made_, card, fraud});
  }
  ++made_;
}

void Cards::steal(std::int64_t time) {
  const Habits& habits = changed() ? kAfter : kBefore;
  const auto card = static_cast<std::uint32_t>(random_.u01() * static_cast<double>(cards_.size()));
  const auto count = habits.fewest + static_cast<std::uint32_t>(random_.u01() * habits.more);
  for (std::uint32_t i = 0; i < count; ++i) {
    time += gap_ms(habits.gap_ms);
    thefts_.push({time, thefts_planned_++, card});
  }
}

/// Notes the drifts that begin with the transaction about to be made.
void Cards::plant() {
  if (made_ != 0 && made_ == options_.amount_shift)
    planted_.push_back({"amount_shift", made_, now_});
  if (made_ != 0 && made_ == options_.concept_change)
    planted_.push_back({"concept_change", made_, now_});
}

void Cards::append_key(const Event& event, std::string& out) {
  append_padded(out, 'c', event.card, 5);
}

void Cards::append_value(const Event& event, std::string& out) {
  out += "{\"tx_id\":\"";
  append_padded(out, 't', event.transaction, 9);
  out += "\",\"card\":\"";
  append_key(event, out);
  if (event.stream == Stream::transactions) {
    out += "\",\"amount\":";
    append_number(out, event.amount);
    out += ",\"country\":\"";
    out += event.country;
    out += "\",\"home\":\"";
    out += event.home;
    out += "\",\"ts\":";
  } else {
    out += event.fraud ? "\",\"fraud\":true,\"ts\":" : "\",\"fraud\":false,\"ts\":";
  }
  append_number(out, static_cast<double>(event.time));
  out += '}';
}

}  // namespace weir
