#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>

#include "deploy/weir/commands.h"
#include "deploy/weir/exit_code.h"
#include "deploy/weir/kafka_world.h"
#include "deploy/weir/stop_signal.h"
#include "pipeline/core/hash_text.h"
#include "pipeline/core/json.h"
#include "pipeline/epochs/epoch_log.h"
#include "pipeline/core/topic_names.h"
#include "pipeline/runner/verifier.h"
#include "pipeline/service/topics.h"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kStatusEvery{2};
constexpr std::chrono::milliseconds kPollEvery{200};
constexpr int kMostFailures = 10;  // of the log, in a row

struct AskedToStop {};

/// The replay of one shard while its owner may be running.
class Audit {
 public:
  Audit(const Pipeline& pipeline, const Layout& layout, World& world, std::uint32_t shard,
        bool find_outputs)
      : pipeline_(pipeline),
        layout_(layout),
        world_(world),
        shard_(shard),
        find_outputs_(find_outputs) {}

  /// Compares everything recorded so far.
  void whole() {
    Verifier::Settings settings;
    settings.shard = shard_;
    settings.engine = pipeline_.config.engine;
    settings.resolved = resolved_config(pipeline_.config);
    settings.find_outputs = find_outputs_;
    verifier_ = std::make_unique<Verifier>(*pipeline_.graph, layout_, world_, std::move(settings),
                                           signal_);
    epochs_ = rows_ = 0;
    compare([&](const auto& tell) { return verifier_->verify(tell); });
    for (const Notice& notice : verifier_->take_notices())
      fmt::print(stderr, "shard {}: {}\n", shard_, notice.text);
  }

  /// Compares what has been recorded since. Starts over if what it reads is trimmed meanwhile.
  void follow() {
    try {
      if (verifier_)
        compare([&](const auto& tell) { return verifier_->verify_more(tell); });
      else if (last_epoch(world_.log, pipeline_.graph->pipeline, shard_))
        whole();
      failures_ = 0;
    } catch (const LogFailure& failure) {
      if (failure.kind == LogFailure::Kind::refused || ++failures_ == kMostFailures) throw;
      fmt::print(stderr, "shard {}: {}; starting over\n", shard_, failure.what());
      verifier_.reset();
    } catch (const std::exception& error) {
      throw std::runtime_error(fmt::format("shard {}: {}", shard_, error.what()));
    }
    if (Clock::now() - told_ >= kStatusEvery) status();
  }

  void result(bool json) const {
    if (!verifier_) return;
    const std::string out = hex16(verifier_->output_hash()), state = hex16(verifier_->state_hash());
    const OutputAudit::Figures outputs = verifier_->outputs_found();
    if (json) {
      Json one = {{"shard", shard_},
                  {"epochs", epochs_},
                  {"rows", rows_},
                  {"output_hash", out},
                  {"state_hash", state}};
      if (find_outputs_) {
        one["outputs_found"] = outputs.found;
        one["outputs_unknown"] = outputs.unknown;
      }
      one["equal"] = true;
      fmt::print("{}\n", json_text(one));
      return;
    }
    fmt::print("shard {}: {} epochs, {} rows: equal; output hash {}, state hash {}\n", shard_,
               epochs_, rows_, out, state);
    if (!find_outputs_) return;
    fmt::print("shard {}: {} outputs are in their topics", shard_, outputs.found);
    if (outputs.unknown > 0)
      fmt::print("; {} cannot be checked, because records of their time were deleted",
                 outputs.unknown);
    fmt::print("\n");
  }

 private:
  template <class Compare>
  void compare(Compare compare) {
    const std::uint64_t rows = rows_, epochs = epochs_;
    std::optional<std::uint64_t> begun;
    epochs_ = epochs + compare([&](const ReplayProgress& at) {
                if (!begun) begun = at.epoch;
                rows_ = rows + at.rows;
                epochs_ = epochs + at.epoch - *begun;
                epoch_ = at.epoch;
                last_ = at.epochs;
                if (Clock::now() - told_ >= kStatusEvery) status();
                if (asked_to_stop()) throw AskedToStop();
              });
  }

  void status() {
    told_ = Clock::now();
    if (verifier_)
      fmt::print(stderr, "shard {}: epoch {} of {}, {} rows: equal so far\n", shard_, epoch_,
                 std::max(epoch_, last_), rows_);
    else
      fmt::print(stderr, "shard {}: there is no epoch yet\n", shard_);
  }

  const Pipeline& pipeline_;
  const Layout& layout_;
  World& world_;
  std::uint32_t shard_;
  bool find_outputs_;
  Signal signal_;
  std::unique_ptr<Verifier> verifier_;
  Clock::time_point told_ = Clock::now();
  std::uint64_t epochs_ = 0, rows_ = 0, epoch_ = 0, last_ = 0;
  int failures_ = 0;
};

/// Until it is stopped, or throws at a difference.
void follow(std::vector<std::unique_ptr<Audit>>& audits) {
  stop_by_signal();
  try {
    while (!asked_to_stop()) {
      for (const auto& audit : audits) audit->follow();
      std::this_thread::sleep_for(kPollEvery);
    }
  } catch (const AskedToStop&) {  // in mid-replay: the epochs before were equal
  }
}

}  // namespace

int verify_command(const CommonOptions& common, const VerifyOptions& options) {
  const auto pipeline = load_pipeline(common.pipeline);
  if (!pipeline) return kWrongConfig;
  KafkaWorld kafka(pipeline->config);
  const std::string& name = pipeline->graph->pipeline;
  if (!kafka.world().log.partitions(epochs_topic(name)))
    throw LogFailure(LogFailure::Kind::refused,
                     fmt::format("pipeline {} has not run on this broker: there is no topic {}, so "
                                 "there is nothing to compare",
                                 name, epochs_topic(name)));
  const Layout layout = prepare_topics(*pipeline->graph, pipeline->config, kafka.world(), false);
  std::vector<std::unique_ptr<Audit>> audits;
  for (std::uint32_t shard = 0; shard < layout.shards; ++shard)
    audits.push_back(
        std::make_unique<Audit>(*pipeline, layout, kafka.world(), shard, !options.no_outputs));
  if (options.follow) {
    follow(audits);
    for (const auto& audit : audits) audit->result(common.json);
    return kDone;
  }
  int code = kDone;
  for (std::uint32_t shard = 0; shard < layout.shards; ++shard) {
    try {
      audits[shard]->whole();
      audits[shard]->result(common.json);
      audits[shard].reset();
    } catch (const LogFailure&) {
      throw;
    } catch (const std::exception& error) {
      fmt::print(stderr, "shard {}: {}\n", shard, error.what());
      code = kFailed;
    }
  }
  return code;
}

}  // namespace weir
