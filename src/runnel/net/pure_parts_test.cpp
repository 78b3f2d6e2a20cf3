// The parts of net/ that know no socket: addresses, limits, timers, output queue, targets, dates.
#include "runnel/net/address_limits.h"
#include "runnel/net/client_address.h"
#include "runnel/net/http_types.h"
#include "runnel/net/output_queue.h"
#include "runnel/net/response_writer.h"
#include "runnel/net/timer_heap.h"

#include "base/random_source.h"
#include "base/testing/test_numbers.h"
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>

namespace runnel::net {
namespace {

AddressBlock block(std::string_view text) { return AddressBlock::parse(text).value(); }

TEST(AddressBlock, HoldsItsAddressesAndNoOthers) {
  EXPECT_TRUE(block("10.0.0.0/8").contains("10.255.0.1"));
  EXPECT_FALSE(block("10.0.0.0/8").contains("11.0.0.1"));
  EXPECT_TRUE(block("10.0.0.0/8").contains("::ffff:10.1.2.3"));
  EXPECT_TRUE(block("192.168.1.7").contains("192.168.1.7"));
  EXPECT_FALSE(block("192.168.1.7").contains("192.168.1.6"));
  EXPECT_TRUE(block("192.168.1.128/25").contains("192.168.1.200"));
  EXPECT_FALSE(block("192.168.1.128/25").contains("192.168.1.127"));
  EXPECT_TRUE(block("2001:db8::/32").contains("2001:db8:1::1"));
  EXPECT_FALSE(block("2001:db8::/32").contains("2001:db9::1"));
  EXPECT_TRUE(block("::/0").contains("1.2.3.4"));
  EXPECT_FALSE(block("0.0.0.0/0").contains("2001::1"));
  EXPECT_FALSE(block("10.0.0.0/8").contains("unix"));
}

TEST(AddressBlock, SaysWhatIsWrongWithItsText) {
  for (const char* wrong :
       {"", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "::1/129", "host", "10.0.0.0/-1"}) {
    EXPECT_FALSE(AddressBlock::parse(wrong).has_value()) << wrong;
  }
}

TEST(ClientAddress, BelievesOnlyWhatTrustedProxiesAdded) {
  const std::vector<AddressBlock> trusted{block("10.0.0.0/8"), block("::1")};
  EXPECT_EQ(client_address("10.0.0.1", "203.0.113.9", trusted), "203.0.113.9");
  EXPECT_EQ(client_address("198.51.100.1", "203.0.113.9", trusted), "198.51.100.1");
  EXPECT_EQ(client_address("10.0.0.1", "1.1.1.1, 203.0.113.9, 10.9.9.9", trusted), "203.0.113.9");
  EXPECT_EQ(client_address("::1", "10.0.0.5", trusted), "10.0.0.5");
  EXPECT_EQ(client_address("10.0.0.1", "", trusted), "10.0.0.1");
  EXPECT_EQ(client_address("10.0.0.1", "unknown", trusted), "10.0.0.1");
  EXPECT_EQ(client_address("10.0.0.1", "evil, unknown", trusted), "10.0.0.1");
  EXPECT_EQ(client_address("10.0.0.1", "203.0.113.9:4711", trusted), "203.0.113.9");
  EXPECT_EQ(client_address("10.0.0.1", "[2001:db8::1]:99", trusted), "2001:db8::1");
  EXPECT_EQ(client_address("10.0.0.1", "203.0.113.9", {}), "10.0.0.1");
}

TEST(IsLoopback, KnowsBothFamilies) {
  EXPECT_TRUE(is_loopback("127.8.8.8"));
  EXPECT_TRUE(is_loopback("::1"));
  EXPECT_TRUE(is_loopback("::ffff:127.0.0.1"));
  EXPECT_FALSE(is_loopback("128.0.0.1"));
  EXPECT_FALSE(is_loopback("::2"));
  EXPECT_FALSE(is_loopback("unix"));
}

TEST(AddressLimits, BoundsConnectionsThatAreOpen) {
  AddressLimits limits({.connections_max = 2});
  EXPECT_EQ(limits.admit("a", 0), Admission::Admitted);
  EXPECT_EQ(limits.admit("a", 0), Admission::Admitted);
  EXPECT_EQ(limits.admit("a", 0), Admission::TooManyConnections);
  EXPECT_EQ(limits.admit("b", 0), Admission::Admitted);
  limits.release("a", 1);
  EXPECT_EQ(limits.admit("a", 1), Admission::Admitted);
}

TEST(AddressLimits, BoundsHandshakesOverTime) {
  AddressLimits limits({.handshakes_per_second = 2, .handshakes_burst = 3});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limits.admit_handshake("a", 1000), Admission::Admitted);
  EXPECT_EQ(limits.admit("a", 1000), Admission::TooManyHandshakes);
  EXPECT_EQ(limits.admit("a", 1499), Admission::TooManyHandshakes);
  EXPECT_EQ(limits.admit("a", 1500), Admission::Admitted);
  EXPECT_EQ(limits.admit("a", 1500), Admission::TooManyHandshakes);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limits.admit("a", 60'000), Admission::Admitted);
  EXPECT_EQ(limits.admit("a", 60'000), Admission::TooManyHandshakes);
}

TEST(AddressLimits, ForgetsAddressesThatWouldStartTheSameAndRefusesOverItsTable) {
  AddressLimits limits({.handshakes_per_second = 1, .handshakes_burst = 1, .addresses_max = 3});
  EXPECT_EQ(limits.admit("stays", 0), Admission::Admitted);
  EXPECT_EQ(limits.admit_handshake("b", 0), Admission::Admitted);
  EXPECT_EQ(limits.admit_handshake("c", 0), Admission::Admitted);
  EXPECT_EQ(limits.admit("d", 500), Admission::TableFull);
  EXPECT_EQ(limits.admit("d", 1500), Admission::Admitted);
  EXPECT_EQ(limits.tracked_addresses(), 2U);
  limits.release("unknown", 1500);
}

TEST(TimerHeap, RunsTimersInOrderOfTheirTimeAndAdditionWhateverIsCancelled) {
  const std::uint64_t seed = seed_of_run(7);
  SCOPED_TRACE("RUNNEL_SEED=" + std::to_string(seed));
  SeededRandom random(seed);
  TimerHeap heap;
  std::map<std::pair<std::int64_t, int>, TimerId> expected;
  std::vector<int> ran;
  int next = 0;
  for (int step = 0; step < 5000; ++step) {
    if (random.below(3) != 0 || expected.empty()) {
      const auto due = static_cast<std::int64_t>(random.below(100));
      const int name = next++;
      expected[{due, name}] = heap.add(due, [&ran, name] { ran.push_back(name); });
    } else {
      auto victim = expected.begin();
      std::advance(victim, static_cast<std::ptrdiff_t>(random.below(expected.size())));
      const TimerId timer = victim->second;
      heap.cancel(timer);
      heap.cancel(timer);
      expected.erase(victim);
    }
    ASSERT_EQ(heap.size(), expected.size());
    ASSERT_EQ(heap.next_due_ms(), expected.empty() ? -1 : expected.begin()->first.first);
  }
  std::vector<int> in_order;
  for (const auto& [key, timer] : expected) in_order.push_back(key.second);
  EXPECT_FALSE(heap.take_due(-1));
  while (Task task = heap.take_due(100)) task();
  EXPECT_EQ(ran, in_order);
  heap.cancel(TimerId{});
}

// Everything that is queued, gathered and consumed in pieces, is what was pushed.
TEST(OutputQueue, GivesOutItsBytesInOrderHoweverTheyAreConsumed) {
  for (std::size_t piece = 1; piece < 40; ++piece) {
    OutputQueue queue;
    std::string expected;
    std::string got;
    for (int i = 0; i < 200; ++i) {
      const std::string payload(static_cast<std::size_t>(i) % 13, static_cast<char>('a' + i % 26));
      if (i % 3 == 0) {
        queue.push_raw(share(to_bytes(payload)));
        expected += payload;
      } else {
        queue.push_message(MessageKind::Binary, share(to_bytes(payload)));
        expected += to_text(*encode_frame(MessageKind::Binary, as_bytes(payload)));
      }
      if (i % 7 != 0) continue;
      std::array<iovec, 6> parts{};
      const std::size_t used = queue.gather(parts);
      std::string front;
      for (std::size_t p = 0; p < used; ++p) {
        front.append(static_cast<const char*>(parts[p].iov_base), parts[p].iov_len);
      }
      front.resize(std::min(front.size(), piece));
      queue.consume(front.size());
      got += front;
    }
    while (!queue.is_empty()) {
      std::array<iovec, 3> parts{};
      ASSERT_GT(queue.gather(parts), 0U);
      const std::size_t size = std::min(parts[0].iov_len, piece);
      got.append(static_cast<const char*>(parts[0].iov_base), size);
      queue.consume(size);
    }
    ASSERT_EQ(got, expected) << "in pieces of " << piece;
  }
}

TEST(OutputQueue, DiscardsWholeMessagesFromTheBackOnly) {
  OutputQueue queue;
  for (int i = 0; i < 5; ++i) queue.push_message(MessageKind::Binary, share(Bytes(98)));
  EXPECT_EQ(queue.bytes(), 500U);
  queue.consume(150);
  EXPECT_EQ(queue.discard_behind(0), 300U);
  EXPECT_EQ(queue.bytes(), 50U);
  OutputQueue promised;
  for (int i = 0; i < 5; ++i) promised.push_message(MessageKind::Binary, share(Bytes(98)));
  EXPECT_EQ(promised.discard_behind(101), 300U);
  EXPECT_EQ(promised.discard_behind(0), 200U);
  EXPECT_TRUE(promised.is_empty());
}

TEST(Target, IsSplitAtItsFirstQuestionMarkAndNeverDecoded) {
  EXPECT_EQ(split_target("/a%2Fb?x=1?y").path, "/a%2Fb");
  EXPECT_EQ(split_target("/a%2Fb?x=1?y").query, "x=1?y");
  EXPECT_EQ(split_target("/").query, "");
  EXPECT_EQ(split_target("http://host:1/p?q").path, "/p");
  EXPECT_EQ(split_target("http://host").path, "/");
  EXPECT_EQ(split_target("http://host?q").query, "q");
  EXPECT_EQ(split_target("*").path, "*");
}

TEST(Query, GivesTheFirstValueOfAName) {
  const std::string_view query = "_pk=1&a=b+c%20d&empty=&flag&_pk=2&%61x=y&bad=%zz&=v";
  EXPECT_EQ(query_value(query, "_pk"), "1");
  EXPECT_EQ(query_value(query, "a"), "b c d");
  EXPECT_EQ(query_value(query, "empty"), "");
  EXPECT_EQ(query_value(query, "flag"), "");
  EXPECT_EQ(query_value(query, "ax"), "y");
  EXPECT_EQ(query_value(query, "bad"), "%zz");
  EXPECT_EQ(query_value(query, "none"), std::nullopt);
  EXPECT_EQ(query_values(query).size(), 8U);
  EXPECT_TRUE(query_values("").empty());
}

TEST(PercentCoding, IsStrictAndComesBack) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_encode("a/b é"), "a%2Fb%20%C3%A9");
  EXPECT_EQ(percent_decode("a+b"), "a+b");
  for (const char* wrong : {"%", "%4", "%4g", "ok%"}) EXPECT_FALSE(percent_decode(wrong)) << wrong;
}

TEST(HttpHeaders, AreFoundWithoutCase) {
  const HttpHeaders headers{{"Connection", "keep-alive, Upgrade"}, {"X", "1"}, {"x", "2"}};
  EXPECT_EQ(headers.find("x"), "1");
  EXPECT_EQ(headers.joined("X"), "1, 2");
  EXPECT_TRUE(headers.has_token("connection", "upgrade"));
  EXPECT_FALSE(headers.has_token("connection", "up"));
  EXPECT_FALSE(headers.find("y"));
}

TEST(HttpDate, IsThatOfTheRfc) {
  EXPECT_EQ(http_date(784'111'777'000), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(http_date(951'782'400'000), "Tue, 29 Feb 2000 00:00:00 GMT");
}

}  // namespace
}  // namespace runnel::net
