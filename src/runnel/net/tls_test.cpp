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

TEST_F(TlsTest, ServesHttpAndWebSocketsOverIt) {
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
