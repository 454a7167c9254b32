#include "tests/faults/proxy.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>  // Boost 1.74's coroutine headers forget it
#include <vector>

// clang-format off
#include <boost/asio.hpp>
// clang-format on

#include "tests/faults/rules.h"

namespace weir::faults {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::redirect_error;
using asio::use_awaitable;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::uint32_t kLongestFrame = 128u << 20;
constexpr std::size_t kChunk = 16 * 1024;  // what a throttle lets pass at once
const auto kForEver = Clock::time_point::max();

/// A length of 4 bytes and what it counts.
using Frame = std::vector<unsigned char>;

std::uint32_t read_big_endian(const Frame& frame, std::size_t at, std::size_t bytes) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < bytes; ++i) number = number << 8 | frame.at(at + i);
  return number;
}

awaitable<void> read_frame(tcp::socket& from, Frame& frame) {
  frame.resize(4);
  co_await asio::async_read(from, asio::buffer(frame), use_awaitable);
  const std::uint32_t size = read_big_endian(frame, 0, 4);
  if (size < 4 || size > kLongestFrame) throw std::runtime_error("this is no Kafka frame");
  frame.resize(4 + std::size_t{size});
  co_await asio::async_read(from, asio::buffer(frame.data() + 4, size), use_awaitable);
}

void say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

/// A state that lasts for a time or until it is ended: a stall, a broker that is down.
class Spell {
 public:
  explicit Spell(asio::io_context& context) : timer_(context) {}

  bool holds() const { return Clock::now() < until_; }
  void begin(std::optional<std::int64_t> ms) {
    until_ = ms ? Clock::now() + milliseconds(*ms) : kForEver;
    timer_.expires_at(until_);  // wakes who waits; they wait again
  }
  void end() {
    until_ = {};
    timer_.cancel();
  }
  awaitable<void> over() {
    error_code woken;
    while (holds()) co_await timer_.async_wait(redirect_error(use_awaitable, woken));
  }

 private:
  asio::steady_timer timer_;
  Clock::time_point until_;
};

}  // namespace

/// All connections and the rules over them. One thread.
class Proxy::Traffic {
 public:
  Traffic(std::uint16_t listen, std::uint16_t broker)
      : here_(asio::ip::address_v4::loopback(), listen),
        broker_(asio::ip::address_v4::loopback(), broker),
        acceptor_(context_),
        control_(context_, ::dup(STDIN_FILENO)),
        stall_(context_),
        down_(context_) {
    open();
  }

  void run() {
    const auto stop = [this](const std::exception_ptr&) { context_.stop(); };
    asio::co_spawn(context_, accept(), stop);
    asio::co_spawn(context_, obey(), stop);
    context_.run();
  }

 private:
  enum Direction : std::size_t { to_broker, to_client };

  struct Connection {
    Connection(int which, tcp::socket from, asio::io_context& context)
        : number(which), client(std::move(from)), broker(context), pause(context) {}

    void cut() {
      error_code ignored;
      client.close(ignored);
      broker.close(ignored);
      pause.cancel();
    }

    int number;
    tcp::socket client;
    tcp::socket broker;
    asio::steady_timer pause;
    std::unordered_map<std::uint32_t, std::int16_t> asked;  // the API by correlation id
  };
  using Shared = std::shared_ptr<Connection>;

  void open() {
    acceptor_.open(tcp::v4());
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    acceptor_.bind(here_);
    acceptor_.listen();
  }

  awaitable<void> accept() {
    for (;;) {
      error_code error;
      tcp::socket client = co_await acceptor_.async_accept(redirect_error(use_awaitable, error));
      if (!error) {
        const auto made = std::make_shared<Connection>(++count_, std::move(client), context_);
        connections_[made->number] = made;
        asio::co_spawn(context_, requests(made), [](const std::exception_ptr&) {});
      }
      if (acceptor_.is_open()) continue;
      co_await down_.over();
      open();
      say("over down");
    }
  }

  awaitable<void> requests(Shared at) {
    try {
      co_await at->broker.async_connect(broker_, use_awaitable);
      at->client.set_option(tcp::no_delay(true));
      at->broker.set_option(tcp::no_delay(true));
      asio::co_spawn(context_, answers(at), [](const std::exception_ptr&) {});
      for (Frame frame;;) {
        co_await read_frame(at->client, frame);
        const auto api = static_cast<std::int16_t>(read_big_endian(frame, 4, 2));
        const std::uint32_t correlation = read_big_endian(frame, 8, 4);
        if (fires(Action::cut_before, api, *at)) break;
        at->asked[correlation] = api;
        co_await pass(frame, at->broker, to_broker);
        if (fires(Action::cut_sent, api, *at)) break;
      }
    } catch (const std::exception&) {  // a side has closed, or does not speak Kafka
    }
    end(*at);
  }

  awaitable<void> answers(Shared at) {
    try {
      for (Frame frame;;) {
        co_await read_frame(at->broker, frame);
        const auto asked = at->asked.extract(read_big_endian(frame, 4, 4));
        if (!asked) throw std::runtime_error("an answer that nobody asked for");
        if (fires(Action::cut_after, asked.mapped(), *at)) break;
        if (const auto late = fires(Action::delay, asked.mapped(), *at)) {
          at->pause.expires_after(late->delay);
          co_await at->pause.async_wait(use_awaitable);
        }
        co_await pass(frame, at->client, to_client);
      }
    } catch (const std::exception&) {
    }
    end(*at);
  }

  void end(Connection& connection) {
    connection.cut();
    connections_.erase(connection.number);
  }

  std::optional<Rule> fires(Action action, std::int16_t api, const Connection& at) {
    constexpr std::array kNames = {"cut-before", "cut-sent", "cut-after", "delay"};
    const std::optional<Rule> rule = rules_.act(action, api);
    if (rule)
      say(std::string("fired ") + kNames.at(static_cast<std::size_t>(action)) +
          " api=" + std::to_string(api) + " connection=" + std::to_string(at.number));
    return rule;
  }

  awaitable<void> pass(const Frame& frame, tcp::socket& to, Direction direction) {
    for (std::size_t at = 0; at < frame.size();) {
      co_await stall_.over();
      const std::size_t left = frame.size() - at;
      const std::size_t size = throttle_ > 0 ? std::min(kChunk, left) : left;
      co_await asio::async_write(to, asio::buffer(frame.data() + at, size), use_awaitable);
      at += size;
      if (throttle_ > 0) co_await slow_down(size, direction);
    }
  }

  awaitable<void> slow_down(std::size_t size, Direction direction) {
    Clock::time_point& free = free_[direction];
    free = std::max(free, Clock::now()) +
           std::chrono::microseconds(static_cast<std::int64_t>(size) * 1'000'000 / throttle_);
    asio::steady_timer timer(context_, free);
    co_await timer.async_wait(use_awaitable);
  }

  awaitable<void> obey() {
    for (std::string text;;) {
      const std::size_t size = co_await asio::async_read_until(control_, asio::dynamic_buffer(text),
                                                               '\n', use_awaitable);
      const std::string line = text.substr(0, size - 1);
      text.erase(0, size);
      try {
        obey(parse_command(line));
        say("done " + line);
      } catch (const std::invalid_argument& error) {
        say("wrong " + line + ": " + error.what());
      }
    }
  }

  void obey(Command command) {
    if (rules_.add(command)) return;
    if (command.word == "stall") {
      stall_.begin(command.take("ms"));
      asio::co_spawn(context_, tell_over(), asio::detached);
    } else if (command.word == "down") {
      down_.begin(command.take("ms"));
      acceptor_.close();
      for (const auto& [number, connection] : connections_) connection->cut();
    } else if (command.word == "throttle") {
      throttle_ = command.take("bytes").value_or(0);
      free_ = {};
    } else if (command.word == "clear") {
      rules_.clear();
      throttle_ = 0;
      stall_.end();
      down_.end();
    } else {
      throw std::invalid_argument("no such command");
    }
    if (!command.numbers.empty())
      throw std::invalid_argument(command.word + " knows no " + command.numbers.begin()->first);
  }

  awaitable<void> tell_over() {
    co_await stall_.over();
    say("over stall");
  }

  asio::io_context context_{1};
  tcp::endpoint here_;
  tcp::endpoint broker_;
  tcp::acceptor acceptor_;
  asio::posix::stream_descriptor control_;
  Rules rules_;
  Spell stall_;
  Spell down_;
  std::int64_t throttle_ = 0;                   // bytes a second; 0: none
  std::array<Clock::time_point, 2> free_ = {};  // when a direction may send again
  int count_ = 0;
  std::map<int, Shared> connections_;
};

Proxy::Proxy(std::uint16_t listen, std::uint16_t broker)
    : traffic_(std::make_unique<Traffic>(listen, broker)) {}

Proxy::~Proxy() = default;

void Proxy::run() {
  say("ready");
  traffic_->run();
}

}  // namespace weir::faults
