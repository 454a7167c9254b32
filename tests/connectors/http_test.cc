#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "connectors/http/server.h"

namespace weir {
namespace {

/// A client that sends bytes and shows the bytes that come back.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected_ =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return connected_; }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;  // the server may have closed already
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  /// One answer: its headers and as many bytes as its Content-Length says (`body`: if it has any).
  std::string receive(bool body = true) {
    std::size_t head = std::string::npos;
    while ((head = received_.find("\r\n\r\n")) == std::string::npos)
      if (!more()) return std::exchange(received_, {});
    std::size_t size = head + 4;
    const std::size_t length = received_.find("Content-Length: ");
    if (body && length < head) size += std::stoul(received_.substr(length + 16));
    while (received_.size() < size)
      if (!more()) break;
    std::string answer = received_.substr(0, size);
    received_.erase(0, size);
    return answer;
  }

  /// Whether the server has closed and nothing more came.
  bool closed() { return received_.empty() && !more(); }

 private:
  bool more() {
    char bytes[4096];
    const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
    if (got <= 0) return false;
    received_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }

  int socket_;
  bool connected_ = false;
  std::string received_;
};

std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

std::string status_line(const std::string& answer) { return answer.substr(0, answer.find('\r')); }

std::string body_of(const std::string& answer) {
  const std::size_t head = answer.find("\r\n\r\n");
  return head == std::string::npos ? "no answer" : answer.substr(head + 4);
}

std::vector<HttpRoute> routes() {
  return {{"GET", "/hello", [](const HttpRequest&) { return HttpResponse{.body = "hi\n"}; }},
          {"GET", "/json",
           [](const HttpRequest&) {
             return HttpResponse{.status = 503, .body = "{}", .content_type = "application/json"};
           }},
          {"GET", "/echo",
           [](const HttpRequest& request) {
             return HttpResponse{.body = std::string(request.method) + " " +
                                         std::string(request.path) + " " +
                                         std::string(request.query)};
           }},
          {"POST", "/echo",
           [](const HttpRequest& request) {
             return HttpResponse{.body = "posted " + std::to_string(request.body.size())};
           }},
          {"GET", "/throws",
           [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("secret"); }}};
}

TEST(HttpServer, AnswersByTheTableAndKeepsTheConnection) {
  HttpServer server("127.0.0.1:0", routes());
  ASSERT_NE(server.port(), 0);
  Client client(server.port());
  for (int i = 0; i < 3; ++i) {
    client.send(get("/hello"));
    const std::string answer = client.receive();
    EXPECT_EQ(status_line(answer), "HTTP/1.1 200 OK");
    EXPECT_EQ(body_of(answer), "hi\n");
    EXPECT_NE(answer.find("Content-Type: text/plain; charset=utf-8\r\n"), std::string::npos);
  }
  client.send(get("/json"));
  const std::string answer = client.receive();
  EXPECT_EQ(status_line(answer), "HTTP/1.1 503 Service Unavailable");
  EXPECT_NE(answer.find("Content-Type: application/json\r\n"), std::string::npos);
  client.send(get("/echo?a=1&b=%20"));
  EXPECT_EQ(body_of(client.receive()), "GET /echo a=1&b=%20");
  client.send(get("/hello") + get("/echo?pipelined"));
  EXPECT_EQ(body_of(client.receive()), "hi\n");
  EXPECT_EQ(body_of(client.receive()), "GET /echo pipelined");
}

TEST(HttpServer, AnswersHeadWithoutABody) {
  HttpServer server("127.0.0.1:0", routes());
  Client client(server.port());
  client.send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string answer = client.receive(false);
  EXPECT_EQ(status_line(answer), "HTTP/1.1 200 OK");
  EXPECT_NE(answer.find("Content-Length: 3\r\n"), std::string::npos);
  client.send(get("/hello"));  // what comes next is the next answer
  EXPECT_EQ(status_line(client.receive()), "HTTP/1.1 200 OK");
}

TEST(HttpServer, SaysWhatIsNotThere) {
  HttpServer server("127.0.0.1:0", routes());
  Client client(server.port());
  client.send(get("/none"));
  EXPECT_EQ(status_line(client.receive()), "HTTP/1.1 404 Not Found");
  client.send("DELETE /echo HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string answer = client.receive();
  EXPECT_EQ(status_line(answer), "HTTP/1.1 405 Method Not Allowed");
  EXPECT_NE(answer.find("Allow: GET, HEAD, POST\r\n"), std::string::npos);
  client.send(get("/throws"));
  const std::string failed = client.receive();
  EXPECT_EQ(status_line(failed), "HTTP/1.1 500 Internal Server Error");
  EXPECT_EQ(failed.find("secret"), std::string::npos);
  client.send(get("/hello"));
  EXPECT_EQ(body_of(client.receive()), "hi\n");
}

TEST(HttpServer, ClosesWhenAskedTo) {
  HttpServer server("127.0.0.1:0", routes());
  Client client(server.port());
  client.send("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(body_of(client.receive()), "hi\n");
  EXPECT_TRUE(client.closed());
  Client old(server.port());
  old.send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(body_of(old.receive()), "hi\n");
  EXPECT_TRUE(old.closed());
}

TEST(HttpServer, RefusesRequestsThatAreTooLargeOrBroken) {
  HttpServer server("127.0.0.1:0", routes());
  const auto asked = [&server](const std::string& bytes) {
    Client client(server.port());
    client.send(bytes);
    const std::string answer = client.receive();
    EXPECT_TRUE(client.closed() || status_line(answer) == "HTTP/1.1 200 OK");
    return status_line(answer);
  };
  const auto post = [](std::size_t size) {
    return "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
           std::to_string(size) + "\r\n\r\n" + std::string(size, 'x');
  };
  EXPECT_EQ(asked(post(1024 * 1024)), "HTTP/1.1 200 OK");
  EXPECT_EQ(asked(post(1024 * 1024 + 1)), "HTTP/1.1 413 Payload Too Large");
  EXPECT_EQ(asked("GET /hello HTTP/1.1\r\nConnection: close\r\nX: " + std::string(12'000, 'x') +
                  "\r\n\r\n"),
            "HTTP/1.1 200 OK");
  EXPECT_EQ(asked("GET /hello HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"),
            "HTTP/1.1 431 Request Header Fields Too Large");
  EXPECT_EQ(asked("nonsense\r\n\r\n"), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(asked(std::string("\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 11)),
            "HTTP/1.1 400 Bad Request");
}

TEST(HttpServer, MakesRoomByClosingTheConnectionIdleTheLongest) {
  HttpServer server("127.0.0.1:0", routes());
  std::vector<std::unique_ptr<Client>> idle;
  for (int i = 0; i < 64; ++i) {
    idle.push_back(std::make_unique<Client>(server.port()));
    idle.back()->send(get("/hello"));
    ASSERT_EQ(body_of(idle.back()->receive()), "hi\n");
  }
  idle[0]->send(get("/hello"));  // now the second is the one idle the longest
  ASSERT_EQ(body_of(idle[0]->receive()), "hi\n");
  Client one_more(server.port());
  one_more.send(get("/hello"));
  EXPECT_EQ(body_of(one_more.receive()), "hi\n");
  EXPECT_TRUE(idle[1]->closed());
  for (std::size_t i : {0u, 2u, 63u}) {
    idle[i]->send(get("/hello"));
    EXPECT_EQ(body_of(idle[i]->receive()), "hi\n");
  }
}

TEST(HttpServer, ClosesAConnectionThatSaysNothingForTooLong) {
  HttpLimits limits;
  limits.time_out = std::chrono::milliseconds(300);
  HttpServer server("127.0.0.1:0", routes(), limits);
  Client silent(server.port());
  Client slow(server.port());
  slow.send("GET /hel");
  const auto began = std::chrono::steady_clock::now();
  EXPECT_TRUE(silent.closed());
  EXPECT_TRUE(slow.closed());
  const auto waited = std::chrono::steady_clock::now() - began;
  EXPECT_GE(waited, std::chrono::milliseconds(250));
  EXPECT_LT(waited, std::chrono::seconds(8));  // the time-out by default is 10 s
}

TEST(HttpServer, LetsAnAnswerUnderWayGoOutWhenItStops) {
  std::mutex mutex;
  std::condition_variable changed;
  bool asked = false, stopping = false;
  auto server = std::make_unique<HttpServer>(
      "127.0.0.1:0",
      std::vector<HttpRoute>{{"GET", "/slow", [&](const HttpRequest&) {
                                std::unique_lock lock(mutex);
                                asked = true;
                                changed.notify_all();
                                changed.wait(lock, [&] { return stopping; });
                                return HttpResponse{.body = std::string(1 << 22, 'x')};
                              }}});
  Client idle(server->port());
  Client client(server->port());
  client.send(get("/slow"));
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return asked; });
  }
  std::thread stop([&] { server.reset(); });
  {
    const std::lock_guard lock(mutex);
    stopping = true;
  }
  changed.notify_all();
  EXPECT_EQ(body_of(client.receive()).size(), std::size_t{1} << 22);
  EXPECT_TRUE(client.closed());
  EXPECT_TRUE(idle.closed());
  stop.join();
}

TEST(HttpServer, StopsInTimeThoughAClientReadsNothing) {
  auto server = std::make_unique<HttpServer>(
      "127.0.0.1:0",
      std::vector<HttpRoute>{{"GET", "/", [](const HttpRequest&) {
                                return HttpResponse{.body = std::string(64 << 20, 'x')};
                              }}});
  Client client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  Client other(server->port());  // its answer shows that the first is under way
  other.send(get("/none"));
  EXPECT_EQ(status_line(other.receive()), "HTTP/1.1 404 Not Found");
  const auto began = std::chrono::steady_clock::now();
  server.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

TEST(HttpServer, SaysWhyItCannotListen) {
  HttpServer server("127.0.0.1:0", {});
  const auto why = [](const std::string& listen) -> std::string {
    try {
      HttpServer(listen, {});
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "listens";
  };
  const std::string taken = "127.0.0.1:" + std::to_string(server.port());
  EXPECT_EQ(why(taken), "cannot listen on " + taken + ": Address already in use");
  EXPECT_EQ(why("localhost"), "cannot listen on localhost: it has no port (host:port)");
  EXPECT_EQ(why("192.0.2.1:0"), "cannot listen on 192.0.2.1:0: Cannot assign requested address");
  EXPECT_EQ(why("localhost:0"), "listens");
}

TEST(HttpServer, AnswersManyClientsAtOnce) {
  HttpServer server("127.0.0.1:0", routes());
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      Client client(server.port());
      for (int i = 0; i < 200; ++i) {
        const std::string query = std::to_string(t) + "-" + std::to_string(i);
        client.send(get("/echo?" + query));
        right += body_of(client.receive()) == "GET /echo " + query;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 1600);
}

}  // namespace
}  // namespace weir
