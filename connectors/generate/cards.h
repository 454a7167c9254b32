#pragma once

#include <cstddef>
#include <cstdint>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/splitmix64.h"

namespace weir {

/// An invented card business whose truth is known: transactions, the chargebacks that reveal days
/// later which were fraud, and two planted drifts. The same options give the same events, bit for
/// bit.
///
/// The business: every card has a home country and a level of spending, and buys `a_day` times a
/// day on average (Poisson). Now and then a card is stolen: 3 to 7 transactions follow, minutes
/// apart, mostly abroad and some three times larger than the card's own. 2 to 3 % of all
/// transactions are fraud. Each fraud is charged back (`fraud: true`) half a day to six and a half
/// days later; one good transaction in 500 is disputed too (`fraud: false`).
/// Drift 1, `amount_shift`: from then on every amount is half as large again.
/// Drift 2, `concept_change`: from then on travelling is common (abroad says little), and thieves
/// buy small things at the card's home, one at a time, nearly 4 % of all: what was learned is
/// wrong.
///
/// Cost: some 0.2 us an event. Memory: the cards, and the chargebacks to come.
class Cards {
 public:
  struct Options {
    std::size_t seed = 1;
    std::size_t events = 0;  // transactions; 0: without end
    std::size_t cards = 1000;
    double a_day = 4;                   // transactions of a card, on average
    std::size_t amount_shift = 60'000;  // number of the first transaction after it; 0: never
    std::size_t concept_change = 120'000;
  };

  enum class Stream : std::uint8_t { transactions, chargebacks };

  struct Event {
    Stream stream = Stream::transactions;
    std::int64_t time = 0;          // ms; the first is soon after 2024-01-01T00:00:00Z
    std::uint64_t transaction = 0;  // its number from 0: this one, or the one charged back
    std::uint32_t card = 0;
    bool fraud = false;  // the truth; not among the fields of a transaction
    // Of transactions only:
    double amount = 0;
    std::string_view country;
    std::string_view home;
  };

  /// A drift that has been planted: what, and the first transaction after it.
  struct Planted {
    std::string_view drift;  // amount_shift, concept_change
    std::uint64_t transaction = 0;
    std::int64_t time = 0;
  };

  explicit Cards(Options options);

  /// The next event of both streams in order of event time (at one time: transactions first);
  /// false at the end, which comes when all chargebacks are out.
  bool next(Event& event);

  /// The drifts that have happened by the last event, in order.
  const std::vector<Planted>& planted() const { return planted_; }

  /// The record's key: the card, `c00042`.
  static void append_key(const Event& event, std::string& out);
  /// The record's value, a JSON object: `tx_id card amount country home ts` of a transaction,
  /// `tx_id card fraud ts` of a chargeback; ts in ms.
  static void append_value(const Event& event, std::string& out);

 private:
  struct Card {
    double log_level = 0;  // log of the usual amount
    std::uint32_t home = 0;
  };
  struct Theft {  // one fraudulent transaction to come
    std::int64_t time = 0;
    std::uint64_t order = 0;
    std::uint32_t card = 0;
  };
  struct Chargeback {
    std::int64_t time = 0;
    std::uint64_t transaction = 0;
    std::uint32_t card = 0;
    bool fraud = false;
  };
  struct Later {
    bool operator()(const Theft& a, const Theft& b) const;
    bool operator()(const Chargeback& a, const Chargeback& b) const;
  };

  bool changed() const;
  std::int64_t gap_ms(double mean);
  std::uint32_t other_country(std::uint32_t home, bool fraud);
  void transaction(std::uint32_t card, bool fraud, Event& event);
  void steal(std::int64_t time);
  void plant();

  Options options_;
  SplitMix64 random_;
  std::vector<Card> cards_;
  std::priority_queue<Theft, std::vector<Theft>, Later> thefts_;
  std::priority_queue<Chargeback, std::vector<Chargeback>, Later> chargebacks_;
  std::vector<Planted> planted_;
  std::int64_t next_purchase_ = 0;
  std::int64_t now_ = 0;
  std::uint64_t made_ = 0;  // transactions
  std::uint64_t thefts_planned_ = 0;
};

}  // namespace weir
