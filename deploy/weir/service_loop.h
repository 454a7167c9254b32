#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "connectors/http/server.h"
#include "pipeline/service/service.h"

namespace weir {

/// Runs a service in the foreground: HTTP, a status line every two seconds, SIGTERM and SIGINT.
class ServiceLoop {
 public:
  ServiceLoop(const Config& config, const Graph& graph, const Layout& layout, World& world,
              std::filesystem::path state_dir, Owner owner, PipelineChanges changes = {});
  ~ServiceLoop();

  /// Called about ten times a second; true: the work is done, stop.
  std::function<bool()> done;
  /// Whether status lines are printed.
  bool quiet = false;
  /// Whether any free port will do if the requested one is taken.
  bool any_port = false;

  /// Until a signal, `done` or a failure; returns the exit code.
  int run();

  const Service& service() const;
  /// The address of the metrics, or empty.
  std::string metrics_url() const;

 private:
  struct Http;

  std::vector<HttpRoute> routes() const;
  void listen();

  const Config& config_;
  const Graph& graph_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<Http> http_;
};

}  // namespace weir
