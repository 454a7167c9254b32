#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// A request, borrowed for the call of its handler.
struct HttpRequest {
  std::string_view method;  // GET for HEAD too
  std::string_view path;    // as sent, up to the `?`
  std::string_view query;   // after the `?`, not decoded
  std::string_view body;
};

struct HttpResponse {
  unsigned status = 200;
  std::string body;
  std::string content_type = "text/plain; charset=utf-8";
};

/// A row of the table of routes. HEAD is answered by the row of GET. Paths match exactly.
struct HttpRoute {
  std::string method;
  std::string path;
  /// Runs on the server's thread, one at a time: it must be quick. What it throws is a 500.
  std::function<HttpResponse(const HttpRequest&)> handler;
};

/// What a server allows its clients.
struct HttpLimits {
  std::size_t body_bytes = 1024 * 1024;    // beyond: 413
  std::uint32_t header_bytes = 16 * 1024;  // beyond: 431
  std::size_t connections = 64;  // beyond: closes the one idle the longest, else the new one
  std::chrono::milliseconds time_out{10'000};  // for a request to come; for its answer to go
  std::chrono::milliseconds stop_time{2'000};  // for the answers under way when it stops
};

/// An HTTP/1.1 server with a table of routes on one thread of its own. Connections are kept alive.
/// No route: 404; another method: 405 with Allow; not HTTP: 400.
class HttpServer {
 public:
  /// Listens on `listen` (`127.0.0.1:8080`, `[::1]:8080`, `localhost:0`; port 0: any free one) and
  /// begins to answer. Throws std::runtime_error with the address and the reason.
  HttpServer(const std::string& listen, std::vector<HttpRoute> routes, HttpLimits limits = {});
  /// Stops listening, lets answers under way go out, ends the thread.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;

 private:
  class Listener;
  std::unique_ptr<Listener> listener_;
};

}  // namespace weir
