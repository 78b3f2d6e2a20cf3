// TLS with certificates that are made here.
#include "runnel/net/tls.h"

#include "runnel/net/crypto.h"
#include "runnel/net/http_client.h"
#include "runnel/net/testing/self_signed.h"
#include "runnel/net/testing/server_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace runnel::net {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class TlsTest : public testing::Test {
 protected:
  TlsTest() { write_self_signed("first"); }

  void write_self_signed(const std::string& name) {
    const SelfSigned made = make_self_signed(name);
    std::ofstream(files_.certificate_path) << made.certificate_pem;
    std::ofstream(files_.key_path) << made.key_pem;
  }

  std::string prefix_ = testing::TempDir() + "/tls-" + std::to_string(::getpid());
  TlsFiles files_{.certificate_path = prefix_ + ".crt", .key_path = prefix_ + ".key"};
};

TEST_F(TlsTest, ServesHttpOverItAndMovesItsStateToAnotherLoop) {
  const auto tls = TlsContext::create(files_).value();
  RunningServer server({}, 2, {.tls = tls.get()});
  server.handler.handle = [&](const HttpRequest& request, Responder responder) {
    EXPECT_TRUE(request.is_tls);
    responder.move_to(server.loops().at(1), [](Responder moved) {
      moved.send(text_response(200, std::string(300'000, 's')));
    });
  };
  for (int round = 0; round < 3; ++round) {
    RawClient client(server.port());
    ASSERT_TRUE(client.start_tls());
    for (int i = 0; i < 3; ++i) {
      client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      const std::string response = client.read_response();
      EXPECT_THAT(response, StartsWith("HTTP/1.1 200 OK\r\n"));
      EXPECT_TRUE(response.ends_with(std::string(300'000, 's')));
    }
  }
}

// Sends back what it gets, and keeps the WebSocket until it is closed.
class TlsEcho final : public WebSocketHandler {
 public:
  void on_message(WebSocket& websocket, MessageKind kind, ByteView payload) override {
    websocket.send(kind, share(to_bytes(payload)));
  }

  void on_close(WebSocket& /*websocket*/, const CloseInfo& info) override {
    closed.add(info.code);
    websocket_.reset();
  }

  void keep(std::unique_ptr<WebSocket> websocket) {
    websocket_ = std::move(websocket);
    opened.add(websocket_.get());
  }

  void forget() { websocket_.reset(); }

  Reports<WebSocket*> opened;
  Reports<std::uint16_t> closed;

 private:
  std::unique_ptr<WebSocket> websocket_;
};

TEST_F(TlsTest, CarriesWebSocketsThoughTheReceiverIsSlow) {
  const auto tls = TlsContext::create(files_).value();
  TlsEcho echo;  // Outlives the loops that call it.
  RunningServer server({}, 2, {.tls = tls.get()});
  server.on_stopped = [&] { echo.forget(); };
  server.handler.handle = [&](const HttpRequest&, Responder responder) {
    responder.move_to(server.loops().at(1), [&](Responder moved) {
      echo.keep(moved.upgrade({.websocket = {.send_congested_bytes = 100'000}}, echo));
    });
  };
  RawClient client(server.port());
  ASSERT_TRUE(client.start_tls());
  client.send(upgrade_request("/"));
  client.read_until("\r\n\r\n");
  WebSocket* const websocket = echo.opened.next();
  // Each message has its own contents, so that nothing can be lost, doubled or out of order.
  const auto message = [](std::size_t i) {
    return std::string(30'000, static_cast<char>('a' + i % 26));
  };
  std::size_t sent = 0;
  bool is_congested = false;
  while (!is_congested) {
    run_on(websocket->loop(), [&] {
      is_congested = websocket->send(MessageKind::Text, share(to_bytes(message(sent++)))) ==
                     SendState::Congested;
    });
  }
  run_on(websocket->loop(), [&] {
    const std::size_t before = websocket->buffered_bytes();
    const std::size_t dropped = websocket->discard_queued();
    EXPECT_EQ(websocket->buffered_bytes(), before - dropped);
    EXPECT_EQ(dropped % 30'004, 0U);
    sent -= dropped / 30'004;
    for (int i = 0; i < 3; ++i) {
      websocket->send(MessageKind::Text, share(to_bytes(message(sent++))));
    }
  });
  for (std::size_t i = 0; i < sent; ++i) {
    const Bytes frame = *encode_frame(MessageKind::Text, as_bytes(message(i)));
    ASSERT_EQ(client.read_exactly(frame.size()), to_text(frame)) << "message " << i;
  }
  client.send(encode_client_frame(Opcode::Text, as_bytes("back"), {9, 9, 9, 9}));
  EXPECT_EQ(client.read_exactly(6), to_text(*encode_frame(MessageKind::Text, as_bytes("back"))));
  client.send(encode_client_frame(Opcode::Close, {}, {9, 9, 9, 9}));
  EXPECT_EQ(echo.closed.next(), close_code::kNoStatus);
}

TEST_F(TlsTest, TakesANewCertificateForNewConnections) {
  const auto tls = TlsContext::create(files_).value();
  RunningServer server({}, 1, {.tls = tls.get()});
  RawClient before(server.port());
  ASSERT_TRUE(before.start_tls());
  EXPECT_THAT(before.tls_subject(), HasSubstr("first"));
  write_self_signed("second");
  ASSERT_TRUE(tls->reload().has_value());
  RawClient after(server.port());
  ASSERT_TRUE(after.start_tls());
  EXPECT_THAT(after.tls_subject(), HasSubstr("second"));
  before.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(before.read_response(), StartsWith("HTTP/1.1 200"));
}

TEST_F(TlsTest, KeepsTheOldCertificateWhenTheNewOneIsBroken) {
  const auto tls = TlsContext::create(files_).value();
  RunningServer server({}, 1, {.tls = tls.get()});
  std::ofstream(files_.certificate_path) << "garbage";
  const auto failed = tls->reload();
  ASSERT_FALSE(failed.has_value());
  EXPECT_THAT(failed.error().detail, HasSubstr(files_.certificate_path));
  RawClient client(server.port());
  ASSERT_TRUE(client.start_tls());
  EXPECT_THAT(client.tls_subject(), HasSubstr("first"));
}

TEST_F(TlsTest, NamesTheFileThatIsWrong) {
  const auto missing =
      TlsContext::create({.certificate_path = "/nowhere/a.crt", .key_path = files_.key_path});
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(missing.error().detail, HasSubstr("/nowhere/a.crt"));
  std::ofstream(files_.key_path) << make_self_signed("other").key_pem;
  const auto mismatch = TlsContext::create(files_);
  ASSERT_FALSE(mismatch.has_value());
  EXPECT_THAT(mismatch.error().detail, HasSubstr(files_.key_path));
}

TEST_F(TlsTest, EndsHandshakesThatFailOrDoNotCome) {
  const auto tls = TlsContext::create(files_).value();
  RunningServer server({.handshake_timeout = std::chrono::milliseconds{100}}, 1,
                       {.tls = tls.get()});
  RawClient plain(server.port());
  plain.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  plain.read_to_end();
  EXPECT_TRUE(plain.is_ended());
  EXPECT_EQ(server.count(&NetCounters::handshake_tls), 1);
  RawClient silent(server.port());
  EXPECT_EQ(silent.read_to_end(), "");
  EXPECT_EQ(server.count(&NetCounters::handshake_timeout), 1);
}

TEST_F(TlsTest, IsSpokenByTheHttpClientWithItsOwnAuthorityOnly) {
  const SelfSigned made = make_self_signed("127.0.0.1");
  std::ofstream(files_.certificate_path) << made.certificate_pem;
  std::ofstream(files_.key_path) << made.key_pem;
  const auto tls = TlsContext::create(files_).value();
  RunningServer server({}, 1, {.tls = tls.get()});
  const std::string url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
  Reports<HttpReply> replies;
  const auto trusting = make_curl_client({.ca_path = files_.certificate_path});
  trusting->call({.url = url}, server.loops().at(0), [&](HttpReply reply) { replies.add(reply); });
  EXPECT_EQ(replies.next().status, 200);
  const auto strict = make_curl_client();
  strict->call({.url = url}, server.loops().at(0), [&](HttpReply reply) { replies.add(reply); });
  EXPECT_EQ(replies.next().outcome, HttpOutcome::ConnectFailed);
}

}  // namespace
}  // namespace runnel::net
