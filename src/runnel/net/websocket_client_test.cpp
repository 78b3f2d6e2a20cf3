#include "runnel/net/websocket_client.h"

#include "runnel/net/testing/server_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runnel::net {
namespace {

// The server's side: echoes, and closes when it is told to.
class Echo final : public WebSocketHandler {
 public:
  void on_message(WebSocket& websocket, MessageKind kind, ByteView payload) override {
    if (as_text(payload) == "close me") {
      websocket.close(4321, "as you wish");
    } else {
      websocket.send(kind, share(to_bytes(payload)));
    }
  }

  void on_close(WebSocket& /*websocket*/, const CloseInfo& info) override {
    closed.add(info.clean);
    kept.reset();
  }

  std::unique_ptr<WebSocket> kept;
  Reports<bool> closed;
};

class Recorder final : public WebSocketClientHandler {
 public:
  void on_open() override { opened.add(true); }

  void on_message(MessageKind /*kind*/, ByteView payload) override {
    messages.add(to_text(payload));
  }

  void on_end(const End& end) override { ended.add(end); }

  Reports<bool> opened;
  Reports<std::string> messages;
  Reports<End> ended;
};

class WebSocketClientTest : public testing::Test {
 protected:
  WebSocketClientTest() : loops_(1, time_) {
    server_.handler.handle = [this](const HttpRequest& request, Responder responder) {
      if (request.target == "/no") {
        responder.send(text_response(403, "not here"));
      } else {
        echo_.kept =
            responder.upgrade({.websocket = {.ping_interval = std::chrono::milliseconds{30},
                                             .pong_timeout = std::chrono::seconds{1}}},
                              echo_);
      }
    };
    server_.on_stopped = [this] { echo_.kept.reset(); };
    loops_.start();
  }

  ~WebSocketClientTest() override {
    run_on(loops_.at(0), [this] { client_.reset(); });
  }

  void connect(const std::string& target, std::uint16_t port) {
    run_on(loops_.at(0), [&] {
      client_ = WebSocketClient::connect(loops_.at(0), random_, {.port = port, .target = target},
                                         recorder_);
      client_->send(MessageKind::Text, as_bytes("sent before it is open"));
    });
  }

  SystemTime time_;
  SeededRandom random_{1};
  LoopGroup loops_;
  Echo echo_;
  RunningServer server_{{}, 1};
  Recorder recorder_;
  std::unique_ptr<WebSocketClient> client_;
};

TEST_F(WebSocketClientTest, SendsAndReceivesAndAnswersPings) {
  connect("/yes", server_.port());
  EXPECT_TRUE(recorder_.opened.next());
  EXPECT_EQ(recorder_.messages.next(), "sent before it is open");
  const std::string large(200'000, 'x');
  run_on(loops_.at(0), [&] { client_->send(MessageKind::Binary, as_bytes(large)); });
  EXPECT_TRUE(recorder_.messages.next() == large);
  // Long after the time in which an answer to the first ping had to come the connection is there.
  Reports<bool> passed;
  server_.loops().at(0).post([&] {
    server_.loops().at(0).after(std::chrono::milliseconds{1300}, [&] { passed.add(true); });
  });
  EXPECT_TRUE(passed.next());
  EXPECT_GE(server_.count(&NetCounters::messages_out), 3);
  EXPECT_TRUE(recorder_.ended.is_empty());
}

TEST_F(WebSocketClientTest, ReportsTheCloseOfTheServer) {
  connect("/yes", server_.port());
  run_on(loops_.at(0), [&] { client_->send(MessageKind::Text, as_bytes("close me")); });
  const auto end = recorder_.ended.next();
  EXPECT_EQ(end.code, 4321);
  EXPECT_EQ(end.reason, "as you wish");
  EXPECT_TRUE(echo_.closed.next());
}

TEST_F(WebSocketClientTest, ClosesByItself) {
  connect("/yes", server_.port());
  recorder_.messages.next();
  run_on(loops_.at(0), [&] { client_->close(1000, "done"); });
  EXPECT_EQ(recorder_.ended.next().code, 1000);
  EXPECT_TRUE(echo_.closed.next());
}

TEST_F(WebSocketClientTest, ReportsARefusedUpgradeAndAPortNobodyListensOn) {
  connect("/no", server_.port());
  const auto refused = recorder_.ended.next();
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.reason, "not here");
  connect("/yes", 1);
  EXPECT_EQ(recorder_.ended.next().code, close_code::kAbnormal);
  EXPECT_TRUE(recorder_.opened.is_empty());
}

}  // namespace
}  // namespace runnel::net
