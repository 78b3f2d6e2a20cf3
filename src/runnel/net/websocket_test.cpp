// WebSockets over real sockets: the upgrade, moving between loops, bounds, deadlines, ends.
#include "runnel/net/websocket.h"

#include "runnel/net/testing/server_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <unordered_map>

namespace runnel::net {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr MaskKey kMask{1, 2, 3, 4};

Bytes masked(Opcode opcode, std::string_view payload, bool fin = true) {
  return encode_client_frame(opcode, as_bytes(payload), kMask, fin);
}

std::string close_payload(std::uint16_t code, std::string_view reason = {}) {
  return std::string{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)} +
         std::string(reason);
}

struct Closed {
  std::uint16_t code{0};
  std::string reason;
  bool clean{false};
  bool by_peer{false};
  std::string cause;
};

// Upgrades every request on the loop that its target names ("/0", "/1") and keeps the WebSockets.
class EchoHandler final : public WebSocketHandler {
 public:
  void on_message(WebSocket& websocket, MessageKind kind, ByteView payload) override {
    messages.add(to_text(payload));
    if (as_text(payload) == "destroy") {
      forget(websocket);
    } else {
      websocket.send(kind, share(to_bytes(payload)));
    }
  }

  void on_drained(WebSocket& /*websocket*/) override { drained.add(true); }

  void on_close(WebSocket& websocket, const CloseInfo& info) override {
    closed.add({.code = info.code,
                .reason = info.reason,
                .clean = info.clean,
                .by_peer = info.by_peer,
                .cause = std::string(info.cause)});
    forget(websocket);
  }

  void keep(std::unique_ptr<WebSocket> websocket) {
    WebSocket* const key = websocket.get();
    {
      const std::lock_guard lock(mutex_);
      opened_.emplace(key, std::move(websocket));
    }
    upgraded.add(key);
  }

  void forget_all() { opened_.clear(); }

  Reports<WebSocket*> upgraded;
  Reports<std::string> messages;
  Reports<Closed> closed;
  Reports<bool> drained;

 private:
  // Destroyed on its own loop, and not under the lock.
  void forget(WebSocket& websocket) {
    const auto taken = [&] {
      const std::lock_guard lock(mutex_);
      return opened_.extract(&websocket);
    }();
  }

  std::mutex mutex_;  // WebSockets of both loops are kept here
  std::unordered_map<WebSocket*, std::unique_ptr<WebSocket>> opened_;
};

class WebSocketServer {
 public:
  explicit WebSocketServer(WebSocketOptions options = {}, HttpServerOptions http = {})
      : server_(std::move(http)) {
    server_.handler.handle = [this, options](const HttpRequest& request, Responder responder) {
      if (!request.wants_websocket) {
        responder.send(text_response(200, "no WebSocket wanted"));
        return;
      }
      const std::size_t to = request.target == "/1" ? 1 : 0;
      responder.move_to(server_.loops().at(to), [this, options](Responder moved) {
        handler.keep(moved.upgrade({.websocket = options}, handler));
      });
    };
    server_.on_stopped = [this] { handler.forget_all(); };
  }

  EchoHandler handler;

  [[nodiscard]] RunningServer& running() { return server_; }

  [[nodiscard]] std::uint16_t port() const { return server_.port(); }

 private:
  RunningServer server_;
};

// Frames as the client of a test reads them.
Bytes read_frame(RawClient& client) {
  std::string head = client.read_exactly(2);
  if (head.size() < 2) return {};
  std::size_t length = static_cast<unsigned char>(head[1]) & 0x7FU;
  const std::size_t more = length == 126 ? 2 : length == 127 ? 8 : 0;
  if (more > 0) {
    const std::string extended = client.read_exactly(more);
    length = 0;
    for (const char byte : extended) length = length << 8U | static_cast<unsigned char>(byte);
    head += extended;
  }
  return to_bytes(head + client.read_exactly(length));
}

Bytes text_frame(std::string_view payload) {
  return *encode_frame(MessageKind::Text, as_bytes(payload));
}

TEST(WebSocket, AnswersTheHandshakeOfTheRfc) {
  WebSocketServer server;
  RawClient client(server.port());
  client.send(upgrade_request("/0", "Sec-WebSocket-Protocol: chat, superchat\r\n"));
  const std::string answer = client.read_until("\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 101 Switching Protocols\r\n"));
  EXPECT_THAT(answer, HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("Protocol:")));
  client.send(masked(Opcode::Text, "hello"));
  EXPECT_EQ(read_frame(client), text_frame("hello"));
}

TEST(WebSocket, EchoesOnBothLoops) {
  WebSocketServer server;
  for (int round = 0; round < 4; ++round) {
    for (const std::string target : {"/0", "/1"}) {
      RawClient client(server.port());
      client.send(upgrade_request(target));
      client.read_until("\r\n\r\n");
      WebSocket* const websocket = server.handler.upgraded.next();
      EXPECT_EQ(websocket->loop().index(), target == "/0" ? 0U : 1U);
      client.send(masked(Opcode::Binary, "x"));
      EXPECT_EQ(read_frame(client), *encode_frame(MessageKind::Binary, as_bytes("x")));
    }
  }
}

TEST(WebSocket, RefusesUpgradesThatAreNone) {
  struct Case {
    std::string from;
    std::string to;
    std::string status;
  };

  const std::vector<Case> cases{
      {"Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 12", "426"},
      {"Sec-WebSocket-Version: 13\r\n", "", "426"},
      {"dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ", "400"},
      {"dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=", "400"},
      {"Connection: keep-alive, Upgrade", "Connection: keep-alive", "400"},
      {"GET /0", "POST /0", "400"},
      {"HTTP/1.1", "HTTP/1.0", "400"},
  };
  WebSocketServer server;
  for (const Case& one : cases) {
    std::string request = upgrade_request("/0");
    request.replace(request.find(one.from), one.from.size(), one.to);
    RawClient client(server.port());
    client.send(request);
    const std::string answer = client.read_to_end();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + one.status)) << one.to;
    if (one.status == "426") {
      EXPECT_THAT(answer, HasSubstr("Sec-WebSocket-Version: 13\r\n"));
      EXPECT_THAT(answer, HasSubstr("Upgrade: websocket\r\nConnection: Upgrade\r\n"));
    }
  }
  EXPECT_EQ(server.running().count(&NetCounters::upgrades), 0);
}

TEST(WebSocket, ReadsFramesThatCameBehindTheRequest) {
  WebSocketServer server;
  RawClient client(server.port());
  const Bytes frames = masked(Opcode::Text, "early");
  client.send(upgrade_request("/1") + to_text(frames));
  client.read_until("\r\n\r\n");
  client.send(masked(Opcode::Text, "later"));
  EXPECT_EQ(read_frame(client), text_frame("early"));
  EXPECT_EQ(read_frame(client), text_frame("later"));
}

TEST(WebSocket, JoinsFragmentsAndAnswersPingsBetweenThem) {
  WebSocketServer server;
  RawClient client(server.port());
  client.send(upgrade_request("/0"));
  client.read_until("\r\n\r\n");
  client.send(masked(Opcode::Text, "one ", false));
  client.send(masked(Opcode::Ping, "still there?"));
  EXPECT_EQ(read_frame(client), encode_control(Opcode::Pong, as_bytes("still there?")));
  client.send(masked(Opcode::Continuation, "two"));
  EXPECT_EQ(read_frame(client), text_frame("one two"));
}

TEST(WebSocket, CarriesLargeMessages) {
  WebSocketServer server;
  RawClient client(server.port());
  client.send(upgrade_request("/0"));
  client.read_until("\r\n\r\n");
  const std::string large(3U << 20U, 'm');
  std::thread sender([&] { client.send(masked(Opcode::Text, large)); });
  sender.join();
  EXPECT_TRUE(read_frame(client) == text_frame(large));
}

TEST(WebSocket, ClosesWhenThePeerCloses) {
  WebSocketServer server;
  RawClient client(server.port());
  client.send(upgrade_request("/0"));
  client.read_until("\r\n\r\n");
  client.send(masked(Opcode::Close, close_payload(4001, "bye")));
  EXPECT_EQ(read_frame(client), encode_close(4001, ""));
  EXPECT_EQ(client.read_to_end(), "");
  const Closed closed = server.handler.closed.next();
  EXPECT_EQ(closed.code, 4001);
  EXPECT_EQ(closed.reason, "bye");
  EXPECT_TRUE(closed.clean);
  EXPECT_TRUE(closed.by_peer);
  client.close();
  server.running().await_no_connections();
}

TEST(WebSocket, AnswersACloseWithoutCodeByOne) {
  WebSocketServer server;
  RawClient client(server.port());
  client.send(upgrade_request("/0"));
  client.read_until("\r\n\r\n");
  client.send(masked(Opcode::Close, ""));
  EXPECT_EQ(read_frame(client), encode_close(close_code::kNoStatus, ""));
  EXPECT_EQ(server.handler.closed.next().code, close_code::kNoStatus);
}

TEST(WebSocket, ClosesCleanlyBehindWhatIsQueued) {
  WebSocketServer server;
  RawClient client(server.port());
  client.send(upgrade_request("/1"));
  client.read_until("\r\n\r\n");
  WebSocket* const websocket = server.handler.upgraded.next();
  run_on(websocket->loop(), [&] {
    websocket->send(MessageKind::Text, share(to_bytes("last words")));
    websocket->close(4403, "not any more");
    EXPECT_EQ(websocket->send(MessageKind::Text, share(to_bytes("too late"))), SendState::Closed);
  });
  EXPECT_EQ(read_frame(client), text_frame("last words"));
  EXPECT_EQ(read_frame(client), encode_close(4403, "not any more"));
  client.send(masked(Opcode::Text, "ignored"));
  client.send(masked(Opcode::Close, close_payload(4403)));
  EXPECT_EQ(client.read_to_end(), "");
  const Closed closed = server.handler.closed.next();
  EXPECT_EQ(closed.code, 4403);
  EXPECT_TRUE(closed.clean);
  EXPECT_FALSE(closed.by_peer);
  EXPECT_TRUE(server.handler.messages.is_empty());
}

TEST(WebSocket, DropsAPeerThatDoesNotAnswerItsClose) {
  WebSocketServer server({.close_timeout = std::chrono::milliseconds{50}});
  RawClient client(server.port());
  client.send(upgrade_request("/0"));
  client.read_until("\r\n\r\n");
  WebSocket* const websocket = server.handler.upgraded.next();
  run_on(websocket->loop(), [&] { websocket->close(1012, ""); });
  EXPECT_EQ(client.read_to_end(), to_text(encode_close(1012, "")));
  const Closed closed = server.handler.closed.next();
  EXPECT_EQ(closed.code, 1012);
  EXPECT_FALSE(closed.clean);
}

struct Violation {
  Bytes bytes;
  std::uint16_t code;
};

class WebSocketViolation : public testing::TestWithParam<Violation> {};

TEST_P(WebSocketViolation, ClosesWithItsCode) {
  WebSocketServer server({.message_bytes_max = 100});
  RawClient client(server.port());
  client.send(upgrade_request("/0"));
  client.read_until("\r\n\r\n");
  client.send(GetParam().bytes);
  const Closed closed = server.handler.closed.next();
  EXPECT_EQ(closed.code, GetParam().code);
  EXPECT_FALSE(closed.clean);
  EXPECT_EQ(to_bytes(client.read_to_end()), encode_close(closed.code, closed.cause));
  client.close();
  server.running().await_no_connections();
}

INSTANTIATE_TEST_SUITE_P(All, WebSocketViolation,
                         testing::Values(Violation{Bytes{0xC1, 0x80, 0, 0, 0, 0}, 1002},
                                         Violation{Bytes{0x81, 0x01, 'x'}, 1002},
                                         Violation{masked(Opcode::Text, "\xFF"), 1007},
                                         Violation{masked(Opcode::Binary, std::string(101, 'x')),
                                                   1009},
                                         Violation{masked(Opcode::Close, "x"), 1002}));

TEST(WebSocket, TellsThatThePeerVanished) {
  WebSocketServer server;
  RawClient client(server.port());
  client.send(upgrade_request("/0"));
  client.read_until("\r\n\r\n");
  client.reset();
  const Closed closed = server.handler.closed.next();
  EXPECT_EQ(closed.code, close_code::kAbnormal);
  EXPECT_FALSE(closed.clean);
  server.running().await_no_connections();
}

TEST(WebSocket, PingsASilentPeerAndDropsItWhenNoAnswerComes) {
  WebSocketServer server({.ping_interval = std::chrono::milliseconds{40},
                          .pong_timeout = std::chrono::milliseconds{60}});
  RawClient client(server.port());
  client.send(upgrade_request("/0"));
  client.read_until("\r\n\r\n");
  const Bytes ping = encode_control(Opcode::Ping, {});
  for (int answered = 0; answered < 3; ++answered) {
    EXPECT_EQ(read_frame(client), ping);
    client.send(masked(Opcode::Pong, ""));
  }
  EXPECT_TRUE(server.handler.closed.is_empty());
  EXPECT_EQ(read_frame(client), ping);
  EXPECT_EQ(server.handler.closed.next().cause, "the peer did not answer a ping");
  EXPECT_EQ(server.running().count(&NetCounters::dead_peers), 1);
}

TEST(WebSocket, SaysWhenAReceiverDoesNotDrainAndWhenItDoesAgain) {
  WebSocketServer server({.send_congested_bytes = 100'000});
  RawClient client(server.port());
  client.send(upgrade_request("/1"));
  client.read_until("\r\n\r\n");
  WebSocket* const websocket = server.handler.upgraded.next();
  const SharedBytes message = share(Bytes(50'000, 'x'));
  std::size_t sent = 0;
  std::size_t dropped = 0;
  // The kernel takes some megabytes before it says no; each turn offers it more.
  bool is_congested = false;
  while (!is_congested) {
    run_on(websocket->loop(), [&] {
      is_congested = websocket->send(MessageKind::Binary, message) == SendState::Congested;
      ++sent;
    });
  }
  run_on(websocket->loop(), [&] {
    for (int i = 0; i < 10; ++i) websocket->send(MessageKind::Binary, message);
    sent += 10;
    EXPECT_GT(websocket->buffered_bytes(), 500'000U);
    dropped = websocket->discard_queued();
    EXPECT_LE(websocket->buffered_bytes(), 50'010U);
    EXPECT_EQ(dropped % 50'004, 0U);
  });
  EXPECT_GE(dropped / 50'004, 9U);
  for (std::size_t i = dropped / 50'004; i < sent; ++i) {
    ASSERT_EQ(read_frame(client).size(), 50'004U) << "message " << i;
  }
  EXPECT_TRUE(server.handler.drained.next());
  client.send(masked(Opcode::Text, "still fine"));
  EXPECT_EQ(read_frame(client), text_frame("still fine"));
}

TEST(WebSocket, DropsAReceiverOverItsHardBound) {
  WebSocketServer server({.send_congested_bytes = 1000, .send_bytes_max = 10'000'000});
  RawClient client(server.port());
  client.send(upgrade_request("/0"));
  client.read_until("\r\n\r\n");
  WebSocket* const websocket = server.handler.upgraded.next();
  run_on(websocket->loop(), [&] {
    const SharedBytes message = share(Bytes(1'000'000, 'x'));
    for (int i = 0; i < 10; ++i) websocket->send(MessageKind::Binary, message);
    EXPECT_EQ(websocket->send_state(), SendState::Closed);
  });
  EXPECT_EQ(server.handler.closed.next().cause, "the receiver does not drain");
}

TEST(WebSocket, SendsOneFrameToManyAndAllOfATurnInOneWrite) {
  WebSocketServer server;
  RawClient client(server.port());
  client.send(upgrade_request("/0"));
  client.read_until("\r\n\r\n");
  WebSocket* const websocket = server.handler.upgraded.next();
  const SharedBytes frame = encode_frame(MessageKind::Binary, as_bytes("shared"));
  // The 101 has left; from here on one turn's messages are one write.
  std::int64_t before = 0;
  run_on(websocket->loop(), [&] {
    before = server.running().count(&NetCounters::writes);
    for (int i = 0; i < 40; ++i) websocket->send_frame(frame);
  });
  for (int i = 0; i < 40; ++i) EXPECT_EQ(read_frame(client), *frame);
  run_on(websocket->loop(), [] {});
  EXPECT_EQ(server.running().count(&NetCounters::writes), before + 1);
}

TEST(WebSocket, MayBeDestroyedFromItsOwnCallback) {
  WebSocketServer server;
  RawClient client(server.port());
  client.send(upgrade_request("/1"));
  client.read_until("\r\n\r\n");
  const Bytes both = [] {
    Bytes bytes = masked(Opcode::Text, "destroy");
    const Bytes more = masked(Opcode::Text, "never read");
    bytes.insert(bytes.end(), more.begin(), more.end());
    return bytes;
  }();
  client.send(both);
  EXPECT_EQ(server.handler.messages.next(), "destroy");
  EXPECT_EQ(client.read_to_end(), "");
  server.running().await_no_connections();
  EXPECT_TRUE(server.handler.messages.is_empty());
  EXPECT_TRUE(server.handler.closed.is_empty());
}

TEST(WebSocket, StopsReadingWhilePaused) {
  WebSocketServer server;
  RawClient client(server.port());
  client.send(upgrade_request("/0"));
  client.read_until("\r\n\r\n");
  WebSocket* const websocket = server.handler.upgraded.next();
  run_on(websocket->loop(), [&] { websocket->pause_reading(true); });
  client.send(masked(Opcode::Text, "waits"));
  for (int turn = 0; turn < 20; ++turn) run_on(websocket->loop(), [] {});
  EXPECT_TRUE(server.handler.messages.is_empty());
  run_on(websocket->loop(), [&] { websocket->pause_reading(false); });
  EXPECT_EQ(read_frame(client), text_frame("waits"));
}

TEST(WebSocket, ReportsAPeerThatLeftBeforeTheUpgrade) {
  WebSocketServer server;
  Reports<std::shared_ptr<Responder>> held;
  server.running().handler.handle = [&](const HttpRequest&, Responder responder) {
    held.add(std::make_shared<Responder>(std::move(responder)));
  };
  RawClient client(server.port());
  client.send(upgrade_request("/0"));
  const auto responder = held.next();
  Reports<bool> gone;
  run_on(responder->loop(), [&] { responder->on_disconnect([&] { gone.add(true); }); });
  client.close();
  gone.next();
  run_on(responder->loop(), [&] { server.handler.keep(responder->upgrade({}, server.handler)); });
  EXPECT_EQ(server.handler.closed.next().code, close_code::kAbnormal);
}

TEST(WebSocket, IsClosedWithTheCodeOfAShutdown) {
  WebSocketServer server;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    clients.back()->send(upgrade_request(i % 2 == 0 ? "/0" : "/1"));
    clients.back()->read_until("\r\n\r\n");
    server.handler.upgraded.next();
  }
  Reports<bool> done;
  server.running().server().shutdown(
      {.close_code = 1012, .reason = "restart", .spread = std::chrono::milliseconds{30}},
      [&] { done.add(true); });
  for (const auto& client : clients) {
    EXPECT_EQ(read_frame(*client), encode_close(1012, "restart"));
    client->send(masked(Opcode::Close, close_payload(1012)));
    EXPECT_EQ(client->read_to_end(), "");
    client->close();
    EXPECT_TRUE(server.handler.closed.next().clean);
  }
  EXPECT_TRUE(done.next());
}

}  // namespace
}  // namespace runnel::net
