// The libcurl client against servers that do what servers do on bad days: scripted TCP peers that
// hang, reset, stop in the middle or send too much.
#include "runnel/net/http_client.h"

#include "runnel/net/testing/server_fixture.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace runnel::net {
namespace {

using testing::HasSubstr;
using testing::Not;

// Accepts one connection, reads a request's head, sends `answer` and then does `ending`.
class ScriptedPeer {
 public:
  enum class Ending : std::uint8_t { Close, Reset, Hang };

  ScriptedPeer(std::string answer, Ending ending) : answer_(std::move(answer)), ending_(ending) {
    listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listening_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listening_, 4), 0);
    ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }

  ScriptedPeer(const ScriptedPeer&) = delete;
  ScriptedPeer& operator=(const ScriptedPeer&) = delete;
  ScriptedPeer(ScriptedPeer&&) = delete;
  ScriptedPeer& operator=(ScriptedPeer&&) = delete;

  ~ScriptedPeer() {
    ::shutdown(listening_, SHUT_RDWR);
    thread_.join();
    ::close(listening_);
  }

  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/path?secret=hunter2";
  }

 private:
  void serve() {
    const int fd = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    std::string request;
    std::array<char, 4096> chunk{};
    while (!request.contains("\r\n\r\n")) {
      const ssize_t got = ::recv(fd, chunk.data(), chunk.size(), 0);
      if (got <= 0) break;
      request.append(chunk.data(), static_cast<std::size_t>(got));
    }
    ::send(fd, answer_.data(), answer_.size(), MSG_NOSIGNAL);
    if (ending_ == Ending::Hang) {
      // Until the client gives up and closes.
      while (::recv(fd, chunk.data(), chunk.size(), 0) > 0) {
      }
    }
    if (ending_ == Ending::Reset) {
      const linger abort{.l_onoff = 1, .l_linger = 0};
      ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
    }
    ::close(fd);
  }

  std::string answer_;
  Ending ending_;
  int listening_{-1};
  std::uint16_t port_{0};
  std::thread thread_;
};

class HttpClientTest : public testing::Test {
 protected:
  HttpClientTest() : loops_(1, time_) { loops_.start(); }

  HttpReply call(HttpCall call) {
    client_->call(std::move(call), loops_.at(0), [this](HttpReply reply) {
      EXPECT_TRUE(loops_.at(0).is_current());
      replies_.add(std::move(reply));
    });
    return replies_.next();
  }

  SystemTime time_;
  LoopGroup loops_;
  Reports<HttpReply> replies_;
  std::unique_ptr<HttpClient> client_ = make_curl_client();
};

TEST_F(HttpClientTest, SendsMethodHeadersAndBodyAndReadsTheResponse) {
  RunningServer server;
  server.handler.handle = [](const HttpRequest& request, Responder responder) {
    HttpResponse response =
        text_response(207, request.method + " " + request.target + " " +
                               std::string(request.headers.find("X-Mine").value_or("-")) + " " +
                               std::string(request.headers.find("User-Agent").value_or("-")) + " " +
                               to_text(request.body));
    response.headers.add("X-Back", "yes");
    responder.send(std::move(response));
  };
  const HttpReply reply =
      call({.method = "PATCH",
            .url = "http://127.0.0.1:" + std::to_string(server.port()) + "/a?b=c",
            .headers = {{"X-Mine", "1"}},
            .body = to_bytes("data")});
  EXPECT_EQ(reply.outcome, HttpOutcome::Response);
  EXPECT_EQ(reply.status, 207);
  EXPECT_TRUE(reply.is_success());
  EXPECT_EQ(reply.headers.find("x-back"), "yes");
  EXPECT_EQ(to_text(reply.body), "PATCH /a?b=c 1 runnel data");
}

TEST_F(HttpClientTest, KeepsItsConnectionAndSendsLargeBodiesAtOnce) {
  RunningServer server;
  server.handler.body_max = 4U << 20U;
  server.handler.handle = [](const HttpRequest& request, Responder responder) {
    responder.send(text_response(200, std::to_string(request.body.size())));
  };
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
  for (int i = 0; i < 3; ++i) {
    const HttpReply reply = call({.method = "POST", .url = url, .body = Bytes(3U << 20U, 'x')});
    EXPECT_EQ(to_text(reply.body), std::to_string(3U << 20U));
  }
  EXPECT_EQ(server.count(&NetCounters::connections_accepted), 1);
}

TEST_F(HttpClientTest, HeadHasNoBodyAndRedirectsAreNotFollowed) {
  RunningServer server;
  server.handler.handle = [](const HttpRequest&, Responder responder) {
    HttpResponse response = text_response(302, "elsewhere");
    response.headers.add("Location", "/other");
    responder.send(std::move(response));
  };
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
  const HttpReply head = call({.method = "HEAD", .url = url});
  EXPECT_EQ(head.status, 302);
  EXPECT_TRUE(head.body.empty());
  EXPECT_EQ(to_text(call({.url = url}).body), "elsewhere");
}

TEST_F(HttpClientTest, SaysThatAPeerHangs) {
  const ScriptedPeer silent("", ScriptedPeer::Ending::Hang);
  EXPECT_EQ(call({.url = silent.url(), .timeout = std::chrono::milliseconds{100}}).outcome,
            HttpOutcome::Timeout);
  const ScriptedPeer slow_body("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
                               ScriptedPeer::Ending::Hang);
  const HttpReply reply = call({.url = slow_body.url(), .timeout = std::chrono::milliseconds{100}});
  EXPECT_EQ(reply.outcome, HttpOutcome::Timeout);
  EXPECT_TRUE(reply.body.empty());
  EXPECT_FALSE(reply.is_success());
}

TEST_F(HttpClientTest, SaysThatAResponseIsTruncated) {
  const std::string half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc";
  const std::string chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
  for (const std::string& answer : {half, chunk, std::string("HTTP/1.1 2"), std::string()}) {
    const ScriptedPeer closing(answer, ScriptedPeer::Ending::Close);
    EXPECT_EQ(call({.url = closing.url()}).outcome, HttpOutcome::Truncated) << answer;
    const ScriptedPeer resetting(answer, ScriptedPeer::Ending::Reset);
    const HttpReply reply = call({.url = resetting.url()});
    EXPECT_EQ(reply.outcome, HttpOutcome::Truncated) << answer;
    EXPECT_THAT(reply.detail, Not(HasSubstr("hunter2")));
  }
}

TEST_F(HttpClientTest, BoundsTheResponse) {
  const ScriptedPeer promised("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n01234567890",
                              ScriptedPeer::Ending::Close);
  EXPECT_EQ(call({.url = promised.url(), .response_bytes_max = 10}).outcome, HttpOutcome::TooLarge);
  const ScriptedPeer endless("HTTP/1.0 200 OK\r\n\r\n" + std::string(100'000, 'x'),
                             ScriptedPeer::Ending::Hang);
  EXPECT_EQ(call({.url = endless.url(), .response_bytes_max = 1000}).outcome,
            HttpOutcome::TooLarge);
}

TEST_F(HttpClientTest, SaysThatNobodyListens) {
  std::string url;
  {
    const ScriptedPeer gone("", ScriptedPeer::Ending::Close);
    url = gone.url();
  }
  const HttpReply reply = call({.url = url});
  EXPECT_EQ(reply.outcome, HttpOutcome::ConnectFailed);
  EXPECT_EQ(reply.status, 0);
  EXPECT_THAT(reply.detail, Not(HasSubstr("hunter2")));
}

TEST_F(HttpClientTest, RefusesWhatItCannotSend) {
  EXPECT_EQ(call({.url = "file:///etc/passwd"}).outcome, HttpOutcome::InvalidCall);
  EXPECT_EQ(call({.url = "not a url"}).outcome, HttpOutcome::InvalidCall);
  EXPECT_EQ(call({.url = "http://127.0.0.1:1/", .headers = {{"X", "a\r\nY: b"}}}).outcome,
            HttpOutcome::InvalidCall);
  EXPECT_EQ(call({.method = "", .url = "http://127.0.0.1:1/"}).outcome, HttpOutcome::InvalidCall);
}

TEST_F(HttpClientTest, CancelsWhatIsRunningWhenItIsDestroyed) {
  const ScriptedPeer silent("", ScriptedPeer::Ending::Hang);
  for (int i = 0; i < 2; ++i) {
    client_->call({.url = silent.url(), .timeout = std::chrono::seconds{60}}, loops_.at(0),
                  [this](HttpReply reply) { replies_.add(std::move(reply)); });
  }
  client_.reset();
  EXPECT_EQ(replies_.next().outcome, HttpOutcome::Cancelled);
  EXPECT_EQ(replies_.next().outcome, HttpOutcome::Cancelled);
}

}  // namespace
}  // namespace runnel::net
