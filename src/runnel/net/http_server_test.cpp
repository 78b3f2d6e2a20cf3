// HTTP over real sockets on loopback, with clients that send exactly the bytes of the test.
#include "runnel/net/http_server.h"

#include "runnel/net/testing/server_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace runnel::net {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(HttpServer, AnswersARequestAndKeepsTheConnection) {
  RunningServer server;
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    client.send("GET /a%20b?x=1 HTTP/1.1\r\nHost: h\r\n\r\n");
    const std::string response = client.read_response();
    EXPECT_THAT(response, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(response, HasSubstr("\r\n\r\nGET /a%20b?x=1"));
    EXPECT_THAT(response, HasSubstr(" GMT\r\n"));
  }
  EXPECT_EQ(server.count(&NetCounters::requests), 3);
  EXPECT_EQ(server.count(&NetCounters::connections_accepted), 1);
}

TEST(HttpServer, ReadsARequestThatIsCutAtEveryPosition) {
  RunningServer server;
  server.handler.handle = [](const HttpRequest& request, Responder responder) {
    responder.send(text_response(
        200, request.target + to_text(request.body) + std::string(*request.headers.find("x-one"))));
  };
  const std::string head = "POST /p HTTP/1.1\r\nHost: h\r\nX-One: 1\r\n";
  for (const std::string& request :
       {head + "Content-Length: 4\r\n\r\nbody",
        head + "Transfer-Encoding: chunked\r\n\r\n1;x=y\r\nb\r\n3\r\nody\r\n0\r\nT: t\r\n\r\n"}) {
    RawClient client(server.port());
    for (std::size_t cut = 1; cut < request.size(); ++cut) {
      client.send(request.substr(0, cut));
      // A full turn of each loop passes, so that the two pieces are read apart.
      for (std::size_t i = 0; i < server.loops().size(); ++i) run_on(server.loops().at(i), [] {});
      client.send(request.substr(cut));
      ASSERT_THAT(client.read_response(), HasSubstr("\r\n\r\n/pbody1")) << "cut at " << cut;
    }
  }
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  RunningServer server;
  RawClient client(server.port());
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
  }
  client.send(requests);
  for (int i = 0; i < 50; ++i) {
    EXPECT_THAT(client.read_response(), testing::EndsWith("GET /" + std::to_string(i)));
  }
}

TEST(HttpServer, ReadsAChunkedBody) {
  RunningServer server;
  server.handler.handle = [](const HttpRequest& request, Responder responder) {
    responder.send(text_response(200, to_text(request.body)));
  };
  RawClient client(server.port());
  client.send(
      "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n10;ext=1\r\n0123456789abcdef\r\n0\r\n\r\n");
  EXPECT_THAT(client.read_response(), HasSubstr("\r\n\r\nabc0123456789abcdef"));
}

TEST(HttpServer, LeavesTheBodyOutForHead) {
  RunningServer server;
  RawClient client(server.port());
  client.send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\nGET /y HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("Content-Length: 7\r\n"));
  EXPECT_THAT(client.read_response(), HasSubstr("\r\n\r\nGET /y"));
}

TEST(HttpServer, HandsOptionsAndUnknownMethodsToTheHandler) {
  RunningServer server;
  RawClient client(server.port());
  client.send("OPTIONS /x HTTP/1.1\r\nHost: h\r\n\r\nBREW /pot HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.read_response(), HasSubstr("\r\n\r\nOPTIONS /x"));
  EXPECT_THAT(client.read_response(), HasSubstr("\r\n\r\nBREW /pot"));
}

TEST(HttpServer, ClosesAfterTheResponseWhenTheClientAsksForIt) {
  RunningServer server;
  for (const std::string request :
       {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"}) {
    RawClient client(server.port());
    client.send(request);
    EXPECT_THAT(client.read_to_end(), HasSubstr("Connection: close\r\n"));
    EXPECT_TRUE(client.is_ended());
  }
  server.await_no_connections();
}

struct Malformed {
  std::string bytes;
  int status;
};

class MalformedRequest : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedRequest, IsRefusedWithItsStatusAndTheConnectionCloses) {
  RunningServer server;
  server.handler.body_max = 10;
  RawClient client(server.port());
  client.send(GetParam().bytes);
  const std::string response = client.read_to_end();
  EXPECT_THAT(response, StartsWith("HTTP/1.1 " + std::to_string(GetParam().status) + " "));
  EXPECT_THAT(response, HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(client.is_ended());
  EXPECT_EQ(server.count(&NetCounters::requests_rejected), 1);
}

INSTANTIATE_TEST_SUITE_P(
    All, MalformedRequest,
    testing::Values(
        Malformed{"GARBAGE\r\n\r\n", 400}, Malformed{"GET / HTTP/1.1\r\n\r\n", 400},
        Malformed{"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        Malformed{"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
        Malformed{"GET / HTTP/1.1\r\nHost: h\r\nBroken\r\n\r\n", 400},
        Malformed{"GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        Malformed{"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n", 400},
        Malformed{"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                  400},
        Malformed{"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: "
                  "chunked\r\n\r\n0\r\n\r\n",
                  400},
        Malformed{"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n", 413},
        Malformed{
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890",
            413},
        Malformed{"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
        Malformed{"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
                      std::string(40'000, 'x'),
                  400},
        Malformed{"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n", 431},
        Malformed{"GET /" + std::string(200'000, 'x'), 431}));

TEST(HttpServer, KeepsNoLargeBodyOfAStranger) {
  RunningServer server;
  server.handler.body_max = 10;
  server.handler.stranger_body_max = 4;
  server.handler.handle = [](const HttpRequest& request, Responder responder) {
    responder.send(text_response(200, to_text(request.body)));
  };
  const auto answer = [&server](const std::string& rest) {
    RawClient client(server.port());
    client.send("POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + rest);
    return client.read_to_end();
  };
  // Nothing of the body has to come before the refusal.
  EXPECT_THAT(answer("Content-Length: 5\r\n\r\n"), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(answer("Transfer-Encoding: chunked\r\n\r\n5\r\nabcde"), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(answer("Content-Length: 4\r\n\r\nabcd"), HasSubstr("\r\n\r\nabcd"));
  const std::string known = "Authorization: x\r\n";
  EXPECT_THAT(answer(known + "Content-Length: 5\r\n\r\nabcde"), HasSubstr("\r\n\r\nabcde"));
  EXPECT_THAT(answer(known + "Content-Length: 11\r\n\r\n"), StartsWith("HTTP/1.1 413 "));
}

TEST(HttpServer, TellsAClientThatWaitsForItToSendItsBody) {
  RunningServer server;
  server.handler.handle = [](const HttpRequest& request, Responder responder) {
    responder.send(text_response(200, to_text(request.body)));
  };
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hi");
  EXPECT_THAT(client.read_response(), HasSubstr("\r\n\r\nhi"));
}

TEST(HttpServer, EndsAConnectionWhoseHeadTricklesIn) {
  RunningServer server({.handshake_timeout = std::chrono::milliseconds{200}});
  RawClient client(server.port());
  // One byte per turn, for ever: only the deadline, which no byte moves, ends it.
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
  client.send(head);
  Reports<int> ended;
  while (server.count(&NetCounters::handshake_timeout) == 0) {
    if (!client.send("x")) break;
    for (std::size_t i = 0; i < server.loops().size(); ++i) run_on(server.loops().at(i), [] {});
  }
  EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(server.count(&NetCounters::handshake_timeout), 1);
}

TEST(HttpServer, EndsAConnectionThatSendsNothing) {
  RunningServer server({.handshake_timeout = std::chrono::milliseconds{50}});
  RawClient client(server.port());
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_TRUE(client.is_ended());
  server.await_no_connections();
}

TEST(HttpServer, EndsAnIdleKeepAliveConnection) {
  RunningServer server({.keep_alive_timeout = std::chrono::milliseconds{50}});
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  client.read_response();
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(server.count(&NetCounters::handshake_timeout), 0);
}

TEST(HttpServer, EndsAConnectionWhoseBodyDoesNotCome) {
  RunningServer server({.body_timeout = std::chrono::milliseconds{50}});
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 408 "));
}

TEST(HttpServer, DropsAPeerThatDoesNotReadItsResponse) {
  RunningServer server({.write_stall_timeout = std::chrono::milliseconds{100}});
  const SharedBytes large = share(Bytes(64U << 20U, 'x'));
  server.handler.handle = [large](const HttpRequest&, Responder responder) {
    HttpResponse response;
    response.shared_body = large;
    responder.send(std::move(response));
  };
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  client.read_until("\r\n\r\n");
  server.await_no_connections();
}

TEST(HttpServer, SendsLargeSharedBodiesWhole) {
  RunningServer server;
  Bytes large(5U << 20U);
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<std::uint8_t>(i * 7);
  const SharedBytes shared = share(large);
  server.handler.handle = [shared](const HttpRequest&, Responder responder) {
    HttpResponse response;
    response.shared_body = shared;
    responder.send(std::move(response));
  };
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  client.read_until("\r\n\r\n");
  EXPECT_TRUE(client.read_exactly(large.size()) == to_text(large));
}

TEST(HttpServer, KeepsHeadersWithLineBreaksOffTheWire) {
  RunningServer server;
  server.handler.handle = [](const HttpRequest&, Responder responder) {
    HttpResponse response = text_response(200, "x");
    response.headers.add("X-Bad", "a\r\nInjected: 1");
    response.headers.add("Content-Length", "999");
    response.headers.add("X-Good", "kept");
    responder.send(std::move(response));
  };
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string response = client.read_response();
  EXPECT_THAT(response, Not(HasSubstr("Injected")));
  EXPECT_THAT(response, HasSubstr("X-Good: kept\r\n"));
  EXPECT_THAT(response, HasSubstr("Content-Length: 1\r\n"));
}

TEST(HttpServer, AnswersLaterAndTellsWhenThePeerHungUp) {
  RunningServer server;
  Reports<std::shared_ptr<Responder>> held;
  Reports<std::string> told;
  server.handler.handle = [&](const HttpRequest&, Responder responder) {
    auto kept = std::make_shared<Responder>(std::move(responder));
    kept->on_disconnect([&] { told.add("gone"); });
    held.add(kept);
  };
  RawClient first(server.port());
  first.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  auto responder = held.next();
  run_on(responder->loop(), [&] { responder->send(text_response(200, "late")); });
  EXPECT_THAT(first.read_response(), HasSubstr("\r\n\r\nlate"));

  RawClient second(server.port());
  second.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  auto abandoned = held.next();
  second.close();
  EXPECT_EQ(told.next(), "gone");
  run_on(abandoned->loop(), [&] {
    EXPECT_FALSE(abandoned->is_connected());
    abandoned->send(text_response(200, "to nobody"));
  });
}

TEST(HttpServer, Answers500ForAResponderThatIsDropped) {
  RunningServer server;
  server.handler.handle = [](const HttpRequest&, const Responder&) {};
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.read_response(), StartsWith("HTTP/1.1 500 "));
}

TEST(HttpServer, StreamsABodyInChunksUntilTheHandlerEndsIt) {
  RunningServer server;
  Reports<std::shared_ptr<HttpStream>> streams;
  server.handler.handle = [&](const HttpRequest&, Responder responder) {
    HttpResponse head;
    head.headers.add("Content-Type", "text/event-stream");
    streams.add(responder.stream(head, [] {}));
  };
  RawClient client(server.port());
  client.send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("Transfer-Encoding: chunked\r\n"));
  auto stream = streams.next();
  // The first connection of a server is on its first loop.
  const auto on_loop = [&](const std::function<void()>& work) {
    run_on(server.loops().at(0), work);
  };
  on_loop([&] { stream->write("data: 1\n\n"); });
  EXPECT_EQ(client.read_until("\n\n\r\n"), "9\r\ndata: 1\n\n\r\n");
  on_loop([&] { stream.reset(); });
  EXPECT_EQ(client.read_until("0\r\n\r\n"), "0\r\n\r\n");
  client.send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 200"));
  auto second = streams.next();
  on_loop([&] { second.reset(); });
}

TEST(HttpServer, MovesAConnectionToAnotherLoopAndAnswersThere) {
  RunningServer server;
  server.handler.handle = [&](const HttpRequest& request, Responder responder) {
    const std::size_t to = request.target == "/0" ? 0 : 1;
    EventLoop& target = server.loops().at(to);
    responder.move_to(target, [&target](Responder moved) {
      EXPECT_TRUE(target.is_current());
      moved.send(text_response(200, "on " + std::to_string(moved.loop().index())));
    });
  };
  RawClient client(server.port());
  for (const std::string loop : {"0", "1", "1", "0", "1"}) {
    client.send("GET /" + loop + " HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_THAT(client.read_response(), HasSubstr("\r\n\r\non " + loop));
  }
}

TEST(HttpServer, ListensOnAUnixSocketAndRemovesIt) {
  const std::string path = testing::TempDir() + "/net-" + std::to_string(::getpid()) + ".sock";
  {
    RunningServer server({}, 1, {.unix_path = path});
    server.handler.handle = [](const HttpRequest& request, Responder responder) {
      responder.send(text_response(200, "peer " + request.peer_address));
    };
    const auto client = RawClient::to_unix(path);
    client->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_THAT(client->read_response(), HasSubstr("\r\n\r\npeer unix"));
    EXPECT_EQ(std::filesystem::status(path).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(HttpServer, SaysWhatIsWrongWithAnAddressItCannotListenOn) {
  RunningServer server;
  const auto taken = server.server().listen({.port = server.port()});
  ASSERT_FALSE(taken.has_value());
  EXPECT_THAT(taken.error().detail, HasSubstr(std::to_string(server.port())));
  const auto no_address = server.server().listen({.host = "localhost.invalid"});
  ASSERT_FALSE(no_address.has_value());
  EXPECT_THAT(no_address.error().detail, HasSubstr("127.0.0.1"));
}

TEST(HttpServer, KnowsTheClientBehindATrustedProxy) {
  HttpServerOptions options;
  options.trusted_proxies = {*AddressBlock::parse("127.0.0.0/8")};
  options.address_limits = {.handshakes_per_second = 0, .handshakes_burst = 2};
  RunningServer server(std::move(options));
  server.handler.handle = [](const HttpRequest& request, Responder responder) {
    responder.send(text_response(403, request.client_address));
  };
  RawClient client(server.port());
  const std::string fields = "X-Forwarded-For: 6.6.6.6, 203.0.113.7\r\n";
  for (int i = 0; i < 2; ++i) {
    client.send(upgrade_request("/", fields));
    EXPECT_THAT(client.read_response(), HasSubstr("\r\n\r\n203.0.113.7"));
  }
  client.send(upgrade_request("/", fields));
  EXPECT_THAT(client.read_response(), StartsWith("HTTP/1.1 429 "));
  EXPECT_EQ(server.count(&NetCounters::handshake_address_limit), 1);
}

TEST(HttpServer, RefusesConnectionsOverItsTotal) {
  RunningServer server({.connections_max = 1});
  RawClient first(server.port());
  first.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  first.read_response();
  RawClient second(server.port());
  EXPECT_EQ(second.read_to_end(), "");
  EXPECT_TRUE(second.is_ended());
}

TEST(HttpServer, FinishesWhatIsInFlightWhenItShutsDown) {
  RunningServer server;
  Reports<std::shared_ptr<Responder>> held;
  server.handler.handle = [&](const HttpRequest&, Responder responder) {
    held.add(std::make_shared<Responder>(std::move(responder)));
  };
  RawClient busy(server.port());
  busy.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  auto responder = held.next();
  RawClient idle(server.port());
  idle.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  auto answered = held.next();
  run_on(answered->loop(), [&] { answered->send(text_response(200, "before")); });
  EXPECT_THAT(idle.read_response(), testing::EndsWith("before"));
  Reports<std::string> done;
  server.server().shutdown({}, [&] { done.add("down"); });
  EXPECT_EQ(idle.read_to_end(), "");
  EXPECT_TRUE(done.is_empty());
  run_on(responder->loop(), [&] { responder->send(text_response(200, "last")); });
  EXPECT_THAT(busy.read_to_end(), testing::AllOf(HasSubstr("Connection: close\r\n"),
                                                 testing::EndsWith("\r\n\r\nlast")));
  busy.close();
  EXPECT_EQ(done.next(), "down");
  RawClient late(server.port());
  EXPECT_FALSE(late.is_open());
}

TEST(HttpServer, ShutsDownAtItsDeadlineWhateverTheHandlerDoes) {
  RunningServer server;
  Reports<std::shared_ptr<Responder>> held;
  server.handler.handle = [&](const HttpRequest&, Responder responder) {
    held.add(std::make_shared<Responder>(std::move(responder)));
  };
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto never_answered = held.next();
  Reports<std::string> done;
  server.server().shutdown({.deadline = std::chrono::milliseconds{50}}, [&] { done.add("down"); });
  EXPECT_EQ(done.next(), "down");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_TRUE(client.is_ended());
}

}  // namespace
}  // namespace runnel::net
