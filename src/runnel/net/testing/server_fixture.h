// A running HttpServer on loops of its own, and ways to wait for what happens on them.
#pragma once

#include "runnel/net/event_loop.h"
#include "runnel/net/http_server.h"
#include "runnel/net/testing/raw_client.h"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace runnel::net {

inline constexpr std::chrono::seconds kTestDeadline{20};

// What handlers on loop threads report, for the test's thread to wait for.
template <class T>
class Reports {
 public:
  void add(T report) {
    const std::scoped_lock lock(mutex_);
    reports_.push_back(std::move(report));
    arrived_.notify_all();
  }

  // The next one; a default value and a failed test when none comes.
  T next() {
    std::unique_lock lock(mutex_);
    const bool came = arrived_.wait_for(lock, kTestDeadline, [&] { return !reports_.empty(); });
    EXPECT_TRUE(came) << "nothing was reported in time";
    if (!came) return T{};
    T report = std::move(reports_.front());
    reports_.pop_front();
    return report;
  }

  [[nodiscard]] bool is_empty() {
    const std::scoped_lock lock(mutex_);
    return reports_.empty();
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<T> reports_;
};

// Runs `work` on the loop and waits for it.
inline void run_on(EventLoop& loop, const std::function<void()>& work) {
  std::promise<void> done;
  loop.post([&] {
    work();
    done.set_value();
  });
  ASSERT_EQ(done.get_future().wait_for(kTestDeadline), std::future_status::ready);
}

// Answers each request with a function that a test sets before it sends any.
class FunctionHandler final : public HttpHandler {
 public:
  std::function<void(HttpRequest, Responder)> handle;
  std::size_t body_max{std::size_t{1} << 20U};
  std::size_t stranger_body_max{0};  // without Authorization, if not 0

  void on_request(HttpRequest request, Responder responder) override {
    handle(std::move(request), std::move(responder));
  }

  [[nodiscard]] BodyRule body_rule(const HttpRequest& head) const override {
    const bool is_stranger = stranger_body_max > 0 && !head.headers.find("Authorization");
    if (is_stranger) return {.bytes_max = stranger_body_max, .refusal_status = 401};
    return {.bytes_max = body_max, .refusal_status = 413};
  }
};

class RunningServer {
 public:
  explicit RunningServer(HttpServerOptions options = {}, std::size_t loop_count = 2,
                         const ListenOptions& listen = {})
      : loops_(loop_count, time_),
        server_(std::make_unique<HttpServer>(loops_, std::move(options), handler)) {
    handler.handle = [](const HttpRequest& request, Responder responder) {
      responder.send(text_response(200, request.method + " " + request.target));
    };
    loops_.start();
    auto listening = server_->listen(listen);
    EXPECT_TRUE(listening.has_value());
    if (listening) port_ = *listening;
  }

  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;
  RunningServer(RunningServer&&) = delete;
  RunningServer& operator=(RunningServer&&) = delete;

  ~RunningServer() {
    loops_.stop();
    on_stopped();
    server_.reset();
  }

  // Called when the loops stand, to destroy what lives on them.
  std::function<void()> on_stopped = [] {};

  FunctionHandler handler;

  [[nodiscard]] std::uint16_t port() const { return port_; }

  [[nodiscard]] LoopGroup& loops() { return loops_; }

  [[nodiscard]] HttpServer& server() { return *server_; }

  // Sum of one counter over all loops.
  template <class Member>
  [[nodiscard]] std::int64_t count(Member NetCounters::* member) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < loops_.size(); ++i) {
      sum += static_cast<std::int64_t>((loops_.at(i).counters().*member).value());
    }
    return sum;
  }

  // Waits until no connection is left.
  void await_no_connections() {
    Reports<int> done;
    std::function<void()> look = [&] {
      if (server_->connection_count() == 0) {
        done.add(1);
      } else {
        loops_.at(0).after(std::chrono::milliseconds{1}, [&] { look(); });
      }
    };
    loops_.at(0).post([&] { look(); });
    EXPECT_EQ(done.next(), 1);
  }

 private:
  SystemTime time_;
  LoopGroup loops_;
  std::unique_ptr<HttpServer> server_;
  std::uint16_t port_{0};
};

}  // namespace runnel::net
