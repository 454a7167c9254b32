#include "connectors/http/server.h"

#include <chrono>
#include <csignal>
#include <list>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "connectors/http/beast.h"

namespace weir {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr auto kAcceptRetry = std::chrono::milliseconds(100);
constexpr std::size_t kDrained = 16 * 1024;

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

Response make_response(const Request* request, unsigned status, std::string body,
                       const std::string& content_type) {
  Response response(static_cast<http::status>(status), request ? request->version() : 11);
  response.set(http::field::server, "weir");
  response.set(http::field::content_type, content_type);
  response.keep_alive(request != nullptr && request->keep_alive());
  response.body() = std::move(body);
  response.prepare_payload();
  return response;
}

Response plain(const Request* request, unsigned status) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(status));
  return make_response(request, status, std::string(view(reason)) + "\n",
                       "text/plain; charset=utf-8");
}

/// Answers a request by the table.
Response answer(const Request& request, const std::vector<HttpRoute>& routes) {
  const std::string_view target = view(request.target());
  const std::size_t mark = target.find('?');
  HttpRequest asked;
  asked.method = view(request.method_string());
  if (request.method() == http::verb::head) asked.method = "GET";
  asked.path = target.substr(0, mark);
  if (mark != std::string_view::npos) asked.query = target.substr(mark + 1);
  asked.body = request.body();

  std::string allowed;
  for (const HttpRoute& route : routes) {
    if (route.path != asked.path) continue;
    if (route.method != asked.method) {
      allowed += (allowed.empty() ? "" : ", ") + route.method;
      if (route.method == "GET") allowed += ", HEAD";
      continue;
    }
    try {
      HttpResponse made = route.handler(asked);
      return make_response(&request, made.status, std::move(made.body), made.content_type);
    } catch (const std::exception&) {
      return plain(&request, 500);
    }
  }
  if (allowed.empty()) return plain(&request, 404);
  Response response = plain(&request, 405);
  response.set(http::field::allow, allowed);
  return response;
}

/// The status of a request that could not be read; nothing when there is nobody to tell.
std::optional<unsigned> status_of(error_code error) {
  if (error == http::error::body_limit) return 413;
  if (error == http::error::header_limit) return 431;
  if (error == http::error::end_of_stream || error == http::error::partial_message)
    return std::nullopt;
  if (error.category() == make_error_code(http::error::bad_method).category()) return 400;
  return std::nullopt;
}

std::pair<std::string, std::string> split_address(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string::npos) throw std::runtime_error("it has no port (host:port)");
  std::string host = listen.substr(0, colon);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  return {host, listen.substr(colon + 1)};
}

}  // namespace

/// The thread with its connections. Everything but the constructor and the destructor runs on it.
class HttpServer::Listener {
 public:
  Listener(const std::string& listen, std::vector<HttpRoute> routes, HttpLimits limits)
      : routes_(std::move(routes)),
        limits_(limits),
        acceptor_(context_),
        retry_(context_),
        stop_timer_(context_) {
    try {
      const auto [host, port] = split_address(listen);
      const auto found = tcp::resolver(context_).resolve(host, port, tcp::resolver::passive);
      const tcp::endpoint endpoint = found.begin()->endpoint();
      acceptor_.open(endpoint.protocol());
      acceptor_.set_option(asio::socket_base::reuse_address(true));
      acceptor_.bind(endpoint);
      acceptor_.listen();
      port_ = acceptor_.local_endpoint().port();
    } catch (const boost::system::system_error& error) {
      throw std::runtime_error("cannot listen on " + listen + ": " + error.code().message());
    } catch (const std::runtime_error& error) {
      throw std::runtime_error("cannot listen on " + listen + ": " + error.what());
    }
    accept();
    start_thread();
  }

  ~Listener() {
    asio::post(context_, [this] { stop(); });
    thread_.join();
  }

  std::uint16_t port() const { return port_; }

 private:
  /// One connection: reads a request, answers it, and again. It lives in `connections_`.
  struct Connection {
    explicit Connection(tcp::socket socket) : stream(std::move(socket)) {}

    beast::tcp_stream stream;
    beast::flat_buffer buffer;
    std::optional<http::request_parser<http::string_body>> parser;
    std::optional<Response> response;
    std::optional<http::response_serializer<http::string_body>> serializer;
    bool waiting = true;  // for the first byte of a request: may be closed at any time
  };
  using Place = std::list<Connection>::iterator;

  void start_thread() {
    sigset_t all, before;
    sigfillset(&all);  // signals are the program's own threads' business
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { context_.run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (stopping_) return;
      if (error) {  // out of file descriptors, mostly
        retry_.expires_after(kAcceptRetry);
        retry_.async_wait([this](error_code) {
          if (!stopping_) accept();
        });
        return;
      }
      if (connections_.size() < limits_.connections || close_longest_waiting()) {
        connections_.emplace_back(std::move(socket));
        read(std::prev(connections_.end()));
      }
      accept();
    });
  }

  /// Makes room for one connection: those that wait the longest stand first.
  bool close_longest_waiting() {
    for (Connection& connection : connections_) {
      if (!connection.waiting || !connection.stream.socket().is_open()) continue;
      close(connection);
      return true;
    }
    return false;
  }

  // The read or write under way then ends with an error and removes the connection.
  static void close(Connection& connection) {
    error_code ignored;
    connection.stream.socket().close(ignored);
  }

  void read(Place at) {
    at->parser.emplace();
    at->parser->body_limit(limits_.body_bytes);
    at->parser->header_limit(limits_.header_bytes);
    at->waiting = true;
    at->stream.expires_after(limits_.time_out);
    http::async_read_header(at->stream, at->buffer, *at->parser,
                            [this, at](error_code error, std::size_t) {
                              at->waiting = false;
                              if (error) return refuse(at, error);
                              read_body(at);
                            });
  }

  void read_body(Place at) {
    http::async_read(at->stream, at->buffer, *at->parser,
                     [this, at](error_code error, std::size_t) {
                       if (error) return refuse(at, error);
                       write(at, answer(at->parser->get(), routes_),
                             at->parser->get().method() == http::verb::head);
                     });
  }

  void refuse(Place at, error_code error) {
    const auto status = status_of(error);
    if (!status || stopping_) return remove(at);
    write(at, plain(nullptr, *status), false);
  }

  void write(Place at, Response response, bool head_only) {
    at->response.emplace(std::move(response));
    if (stopping_) at->response->keep_alive(false);
    at->serializer.emplace(*at->response);
    at->stream.expires_after(limits_.time_out);
    const auto done = [this, at](error_code error, std::size_t) {
      if (error || stopping_ || at->response->need_eof()) return finish(at);
      connections_.splice(connections_.end(), connections_, at);
      read(at);
    };
    if (head_only)
      http::async_write_header(at->stream, *at->serializer, done);
    else
      http::async_write(at->stream, *at->serializer, done);
  }

  /// Closes the sending side and waits for the other to close: closing at once would make the
  /// system drop an answer that the client has not read while it still sends.
  void finish(Place at) {
    error_code ignored;
    at->stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    if (ignored || stopping_) return remove(at);
    at->stream.expires_after(limits_.stop_time);
    drain(at);
  }

  void drain(Place at) {
    at->buffer.clear();
    at->waiting = true;
    at->stream.async_read_some(at->buffer.prepare(kDrained),
                               [this, at](error_code error, std::size_t) {
                                 if (error || stopping_) return remove(at);
                                 drain(at);
                               });
  }

  void remove(Place at) {
    connections_.erase(at);
    if (stopping_ && connections_.empty()) stop_timer_.cancel();
  }

  void stop() {
    stopping_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
    for (Connection& connection : connections_)
      if (connection.waiting) close(connection);
    if (connections_.empty()) return;
    stop_timer_.expires_after(limits_.stop_time);
    stop_timer_.async_wait([this](error_code error) {
      if (!error) context_.stop();
    });
  }

  std::vector<HttpRoute> routes_;
  HttpLimits limits_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer retry_;
  asio::steady_timer stop_timer_;
  std::list<Connection> connections_;
  bool stopping_ = false;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

HttpServer::HttpServer(const std::string& listen, std::vector<HttpRoute> routes, HttpLimits limits)
    : listener_(std::make_unique<Listener>(listen, std::move(routes), limits)) {}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const { return listener_->port(); }

}  // namespace weir
