#include "deploy/weir/service_loop.h"

#include <fmt/format.h>

#include <csignal>
#include <optional>
#include <thread>

#include "connectors/http/server.h"
#include "deploy/weir/exit_code.h"
#include "deploy/weir/label_silences.h"
#include "deploy/weir/log_lines.h"
#include "deploy/weir/pages.h"
#include "deploy/weir/status_line.h"
#include "deploy/weir/stop_signal.h"
#include "deploy/weir/unknown_classes.h"
#include "deploy/weir/version.h"
#include "pipeline/core/hash_text.h"
#include "pipeline/core/json.h"
#include "pipeline/epochs/epoch_record.h"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kStatusEvery{2};
constexpr std::chrono::seconds kStopDeadline{30};

int exit_code(StopReason why) {
  switch (why) {
    case StopReason::none:
      return kDone;
    case StopReason::fenced:
      return kFenced;
    case StopReason::unreachable:
      return kUnreachable;
    case StopReason::lost_input:
    case StopReason::failed:
      return kFailed;
  }
  return kFailed;
}

void log_notice(const Notice& line) {
  constexpr LogLevel kLevels[] = {LogLevel::info, LogLevel::warning, LogLevel::error};
  log_line(kLevels[static_cast<int>(line.level)], line.text);
}

}  // namespace

struct ServiceLoop::Http {
  HttpServer server;
  std::string address;  // without the port
};

ServiceLoop::ServiceLoop(const Config& config, const Graph& graph, const Layout& layout,
                         World& world, std::filesystem::path state_dir, Owner owner,
                         PipelineChanges changes)
    : config_(config),
      graph_(graph),
      service_(std::make_unique<Service>(
          config, graph, layout, world, std::move(state_dir), std::move(owner),
          log_notice, std::move(changes))) {}

ServiceLoop::~ServiceLoop() = default;

const Service& ServiceLoop::service() const { return *service_; }

std::string ServiceLoop::metrics_url() const {
  if (!http_) return {};
  return fmt::format("http://{}:{}/metrics", http_->address, http_->server.port());
}

std::vector<HttpRoute> ServiceLoop::routes() const {
  constexpr const char* kJson = "application/json";
  const auto yes_no = [](bool yes) {
    return HttpResponse{yes ? 200u : 503u, yes ? "ok\n" : "no\n"};
  };
  return {
      {"GET", "/metrics",
       [this](const HttpRequest&) {
         const std::string page =
             metrics_page(service_->samples(), graph_.pipeline, service_->ready());
         return HttpResponse{200, page, "text/plain; version=0.0.4; charset=utf-8"};
       }},
      {"GET", "/livez", [this, yes_no](const HttpRequest&) { return yes_no(service_->alive()); }},
      {"GET", "/readyz", [this, yes_no](const HttpRequest&) { return yes_no(service_->ready()); }},
      {"GET", "/version",
       [=](const HttpRequest&) {
         const std::string json = json_text({{"version", kVersion}, {"build", kBuild}});
         return HttpResponse{200, json + "\n", kJson};
       }},
      {"GET", "/graph",
       [this](const HttpRequest& request) {
         return HttpResponse{200, request.query == "format=dot"       ? graph_dot(graph_)
                                  : request.query == "format=mermaid" ? graph_mermaid(graph_)
                                                                      : graph_text(graph_)};
       }},
      {"GET", "/config", [this, kJson](const HttpRequest&) {
         return HttpResponse{200, resolved_config(config_) + "\n", kJson};
       }}};
}

void ServiceLoop::listen() {
  std::string listen = config_.http.listen;
  if (listen == "off") return;
  const std::string address = listen.substr(0, listen.rfind(':'));
  try {
    http_.reset(new Http{HttpServer(listen, routes()), address});
  } catch (const std::runtime_error& error) {
    if (!any_port)
      throw std::runtime_error(fmt::format(
          "{}; choose another port with --set http.listen={}:PORT (0: any free one), or none with "
          "--set http.listen=off",
          error.what(), address));
    http_.reset(new Http{HttpServer(address + ":0", routes()), address});
  }
  log_line(LogLevel::info, "metrics are at " + metrics_url());
}

int ServiceLoop::run() {
  stop_by_signal();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file at its size limit is treated as a full disk
  listen();
  service_->start();
  std::optional<StatusLine> status;  // once it is ready
  LabelSilences silences;
  UnknownClasses classes;
  auto next_status = Clock::now();
  while (!asked_to_stop() && !service_->ended() && !(done && done())) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (quiet || (!status && !service_->ready()) || Clock::now() < next_status) continue;
    next_status = Clock::now() + kStatusEvery;
    const MetricSamples samples = service_->samples();
    for (const Notice& notice : silences.next(samples)) log_notice(notice);
    for (const Notice& notice : classes.next(samples)) log_notice(notice);
    if (status)
      log_line(LogLevel::info, status->next(samples));
    else
      status.emplace(samples);
  }
  if (asked_to_stop()) log_line(LogLevel::info, "stopping: finishing the epoch");
  service_->ask_to_stop();
  const auto deadline = Clock::now() + kStopDeadline;
  while (!service_->all_ended() && Clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  if (!service_->all_ended()) {
    log_line(LogLevel::error, "the epoch could not be finished in time; a restart recovers it");
    std::_Exit(kFailed);  // crash-only: what is not committed is computed again
  }
  service_->join();
  for (const ShardEnd& end : service_->ends())
    log_line(LogLevel::info,
             fmt::format("shard {} stopped after epoch {}: state hash {}, output hash {}",
                         end.shard, end.epoch, hex16(end.state_hash), hex16(end.output_hash)));
  if (service_->why() == StopReason::none) return kDone;
  log_line(LogLevel::error, service_->reason());
  return exit_code(service_->why());
}

}  // namespace weir
