// Every rule of RFC 6455 that a frame can break, and every way to cut the bytes: a case is decoded
// whole, byte by byte, and split at every position and at every pair of positions; the events have
// to be the same each time.
#include "runnel/net/websocket_codec.h"

#include "base/random_source.h"
#include "base/testing/test_numbers.h"
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace runnel::net {
namespace {

struct Seen {
  WebSocketEvent::Kind event{};
  MessageKind kind{MessageKind::Binary};
  std::uint16_t code{0};
  std::string payload{};
  std::string what{};

  friend bool operator==(const Seen&, const Seen&) = default;

  friend std::ostream& operator<<(std::ostream& out, const Seen& seen) {
    return out << "{event " << static_cast<int>(seen.event) << " kind "
               << static_cast<int>(seen.kind) << " code " << seen.code << " payload '"
               << seen.payload << "' what '" << seen.what << "'}";
  }
};

Seen text(std::string payload) {
  return {.event = WebSocketEvent::Kind::Message,
          .kind = MessageKind::Text,
          .payload = std::move(payload)};
}

Seen binary(std::string payload) {
  return {.event = WebSocketEvent::Kind::Message, .payload = std::move(payload)};
}

Seen ping(std::string payload) {
  return {.event = WebSocketEvent::Kind::Ping, .payload = std::move(payload)};
}

Seen pong(std::string payload) {
  return {.event = WebSocketEvent::Kind::Pong, .payload = std::move(payload)};
}

Seen closed(std::uint16_t code, std::string reason) {
  return {.event = WebSocketEvent::Kind::Close, .code = code, .payload = std::move(reason)};
}

Seen failure(std::uint16_t code, std::string what) {
  return {.event = WebSocketEvent::Kind::Failure, .code = code, .what = std::move(what)};
}

// Feeds `bytes` in pieces that end at `cuts` and collects what comes out, up to the first failure.
std::vector<Seen> decode(DecoderOptions options, const Bytes& bytes,
                         const std::vector<std::size_t>& cuts) {
  WebSocketDecoder decoder(options);
  std::vector<Seen> events;
  std::size_t start = 0;
  std::vector<std::size_t> ends = cuts;
  ends.push_back(bytes.size());
  for (const std::size_t end : ends) {
    Bytes piece(bytes.begin() + static_cast<std::ptrdiff_t>(start),
                bytes.begin() + static_cast<std::ptrdiff_t>(end));
    start = end;
    std::span<std::uint8_t> input(piece);
    while (true) {
      const WebSocketEvent event = decoder.next(input);
      if (event.event == WebSocketEvent::Kind::NeedMore) break;
      events.push_back(
          {event.event, event.kind, event.code, to_text(event.payload), std::string(event.what)});
      if (event.event == WebSocketEvent::Kind::Failure) return events;
    }
    EXPECT_TRUE(input.empty()) << "input was left over without an event";
  }
  return events;
}

void expect_for_every_split(DecoderOptions options, const Bytes& bytes,
                            const std::vector<Seen>& expected) {
  EXPECT_EQ(decode(options, bytes, {}), expected);
  std::vector<std::size_t> each_byte;
  for (std::size_t at = 1; at < bytes.size(); ++at) each_byte.push_back(at);
  EXPECT_EQ(decode(options, bytes, each_byte), expected);
  const bool pairs_too = bytes.size() <= 64;
  for (std::size_t first = 0; first <= bytes.size(); ++first) {
    ASSERT_EQ(decode(options, bytes, {first}), expected) << "cut at " << first;
    for (std::size_t second = first; pairs_too && second <= bytes.size(); ++second) {
      ASSERT_EQ(decode(options, bytes, {first, second}), expected)
          << "cut at " << first << " and " << second;
    }
  }
}

// The failure has to come with byte `at` (counted from 0) and not before or after it.
void expect_failure_at(DecoderOptions options, const Bytes& bytes, std::size_t at,
                       const Seen& expected) {
  ASSERT_LT(at, bytes.size());
  const Bytes before(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
  for (const Seen& seen : decode(options, before, {})) {
    EXPECT_NE(seen.event, WebSocketEvent::Kind::Failure) << "failed before byte " << at;
  }
  const Bytes with(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(at + 1));
  const std::vector<Seen> events = decode(options, with, {});
  ASSERT_FALSE(events.empty()) << "nothing noticed at byte " << at;
  EXPECT_EQ(events.back(), expected);
}

constexpr DecoderOptions kServer{.role = WebSocketRole::Server, .message_bytes_max = 1000};
constexpr DecoderOptions kClient{.role = WebSocketRole::Client, .message_bytes_max = 1000};
constexpr MaskKey kMask{0x37, 0xFA, 0x21, 0x3D};

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Bytes masked(Opcode opcode, std::string_view payload, bool fin = true) {
  return encode_client_frame(opcode, as_bytes(payload), kMask, fin);
}

// A frame header made by hand, so that it can be wrong, with a zero mask.
Bytes raw(std::initializer_list<int> head, std::string_view payload = {}) {
  Bytes bytes;
  for (const int byte : head) bytes.push_back(static_cast<std::uint8_t>(byte));
  return bytes + to_bytes(payload);
}

TEST(WebSocketDecoder, ReadsTheExamplesOfTheRfc) {
  expect_for_every_split(kClient, raw({0x81, 0x05}, "Hello"), {text("Hello")});
  expect_for_every_split(kServer,
                         raw({0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}),
                         {text("Hello")});
  expect_for_every_split(kClient, raw({0x01, 0x03}, "Hel") + raw({0x80, 0x02}, "lo"),
                         {text("Hello")});
  expect_for_every_split(kClient, raw({0x89, 0x05}, "Hello"), {ping("Hello")});
}

TEST(WebSocketDecoder, ReadsEveryLengthForm) {
  for (const std::size_t size : {0U, 1U, 7U, 8U, 9U, 125U, 126U, 127U, 300U}) {
    const std::string payload(size, 'x');
    expect_for_every_split(kServer, masked(Opcode::Binary, payload), {binary(payload)});
  }
  const std::string large(70'000, 'y');
  const DecoderOptions options{.role = WebSocketRole::Server, .message_bytes_max = 70'000};
  const Bytes frame = masked(Opcode::Binary, large);
  EXPECT_EQ(frame[1], 0x80 | 127);
  for (std::size_t cut = 0; cut < 20; ++cut) {
    ASSERT_EQ(decode(options, frame, {cut}), std::vector{binary(large)});
  }
  EXPECT_EQ(decode(options, frame, {1000, 65'535, 65'536, 69'999}), std::vector{binary(large)});
}

TEST(WebSocketDecoder, JoinsFragmentsAndLetsControlFramesThroughBetweenThem) {
  expect_for_every_split(kServer,
                         masked(Opcode::Binary, "ab", false) + masked(Opcode::Ping, "are you?") +
                             masked(Opcode::Continuation, "", false) + masked(Opcode::Pong, "") +
                             masked(Opcode::Continuation, "cd") + masked(Opcode::Text, "next"),
                         {ping("are you?"), pong(""), binary("abcd"), text("next")});
}

TEST(WebSocketDecoder, JoinsFragmentsThatAreAllEmpty) {
  expect_for_every_split(kServer,
                         masked(Opcode::Text, "", false) + masked(Opcode::Continuation, "", false) +
                             masked(Opcode::Continuation, ""),
                         {text("")});
}

TEST(WebSocketDecoder, ReadsSeveralMessagesFromOnePiece) {
  expect_for_every_split(
      kServer,
      masked(Opcode::Text, "one") + masked(Opcode::Binary, "two") + masked(Opcode::Text, "three"),
      {text("one"), binary("two"), text("three")});
}

TEST(WebSocketDecoder, RefusesEveryReservedBitAtTheFirstByte) {
  for (const int bit : {0x40, 0x20, 0x10}) {
    const Bytes bytes = raw({0x82 | bit, 0x80, 0, 0, 0, 0});
    const Seen expected = failure(1002, "a reserved bit is set");
    expect_for_every_split(kServer, bytes, {expected});
    expect_failure_at(kServer, bytes, 0, expected);
  }
}

TEST(WebSocketDecoder, RefusesEveryReservedOpcodeAtTheFirstByte) {
  for (const int opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
    const Bytes bytes = raw({0x80 | opcode, 0x80, 0, 0, 0, 0});
    const Seen expected = failure(1002, "the opcode is reserved");
    expect_for_every_split(kServer, bytes, {expected});
    expect_failure_at(kServer, bytes, 0, expected);
  }
}

TEST(WebSocketDecoder, RefusesAFragmentedControlFrame) {
  for (const int opcode : {0x8, 0x9, 0xA}) {
    const Bytes bytes = raw({opcode, 0x80, 0, 0, 0, 0});
    const Seen expected = failure(1002, "a control frame is fragmented");
    expect_for_every_split(kServer, bytes, {expected});
    expect_failure_at(kServer, bytes, 0, expected);
  }
}

TEST(WebSocketDecoder, RefusesAControlFrameOver125Bytes) {
  for (const int opcode : {0x8, 0x9, 0xA}) {
    for (const int length : {126, 127}) {
      const Bytes bytes = raw({0x80 | opcode, 0x80 | length, 0, 200, 0, 0});
      const Seen expected = failure(1002, "a control frame is longer than 125 bytes");
      expect_for_every_split(kServer, bytes, {expected});
      expect_failure_at(kServer, bytes, 1, expected);
    }
  }
  const std::string longest(125, 'p');
  expect_for_every_split(kServer, masked(Opcode::Ping, longest), {ping(longest)});
}

TEST(WebSocketDecoder, RefusesAContinuationOfNothing) {
  const Seen expected = failure(1002, "a continuation without a message");
  expect_for_every_split(kServer, masked(Opcode::Continuation, "x"), {expected});
  const Bytes after_a_whole = masked(Opcode::Text, "a") + masked(Opcode::Continuation, "b");
  expect_for_every_split(kServer, after_a_whole, {text("a"), expected});
  expect_failure_at(kServer, after_a_whole, masked(Opcode::Text, "a").size(), expected);
}

TEST(WebSocketDecoder, RefusesANewMessageInsideAFragmentedOne) {
  const Bytes first = masked(Opcode::Text, "a", false);
  const Seen expected = failure(1002, "a message inside a fragmented message");
  for (const Opcode opcode : {Opcode::Text, Opcode::Binary}) {
    const Bytes bytes = first + masked(opcode, "b");
    expect_for_every_split(kServer, bytes, {expected});
    expect_failure_at(kServer, bytes, first.size(), expected);
  }
}

TEST(WebSocketDecoder, RequiresMasksFromClientsAndNoneFromServers) {
  const Bytes unmasked = raw({0x82, 0x01}, "x");
  const Seen from_client = failure(1002, "a client's frame is not masked");
  expect_for_every_split(kServer, unmasked, {from_client});
  expect_failure_at(kServer, unmasked, 1, from_client);
  const Seen from_server = failure(1002, "a server's frame is masked");
  expect_for_every_split(kClient, masked(Opcode::Binary, "x"), {from_server});
  expect_failure_at(kClient, masked(Opcode::Binary, "x"), 1, from_server);
}

TEST(WebSocketDecoder, RefusesLengthsThatAreNotInTheirShortestForm) {
  const Seen expected = failure(1002, "a length is not in its shortest form");
  for (const int length : {0, 1, 125}) {
    const Bytes bytes = raw({0x82, 0x80 | 126, 0, length, 0, 0, 0, 0});
    expect_for_every_split(kServer, bytes, {expected});
    expect_failure_at(kServer, bytes, 3, expected);
  }
  const Bytes in_64 = raw({0x82, 0x80 | 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0});
  expect_for_every_split(kServer, in_64, {expected});
  expect_failure_at(kServer, in_64, 9, expected);
}

TEST(WebSocketDecoder, RefusesALengthWithItsHighestBitSet) {
  const Bytes bytes = raw({0x82, 0x80 | 127, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0});
  const Seen expected = failure(1002, "the highest bit of a length is set");
  expect_for_every_split(kServer, bytes, {expected});
  expect_failure_at(kServer, bytes, 9, expected);
}

TEST(WebSocketDecoder, RefusesAMessageOverItsLimitBeforeItsPayload) {
  const Seen expected = failure(1009, "the message is too large");
  const Bytes in_16 = raw({0x82, 0x80 | 126, 0x03, 0xE9, 0, 0, 0, 0});
  expect_for_every_split(kServer, in_16, {expected});
  expect_failure_at(kServer, in_16, 3, expected);
  const Bytes in_64 = raw({0x82, 0x80 | 127, 0x7F, 255, 255, 255, 255, 255, 255, 255});
  expect_for_every_split(kServer, in_64, {expected});
  expect_failure_at(kServer, in_64, 9, expected);
  const Bytes in_7 = raw({0x82, 0x80 | 11, 0, 0, 0, 0});
  const DecoderOptions ten{.role = WebSocketRole::Server, .message_bytes_max = 10};
  expect_for_every_split(ten, in_7, {expected});
  expect_failure_at(ten, in_7, 1, expected);
  const std::string exactly(1000, 'm');
  EXPECT_EQ(decode(kServer, masked(Opcode::Binary, exactly), {}), std::vector{binary(exactly)});
}

TEST(WebSocketDecoder, AppliesTheLimitToAllFragmentsTogether) {
  const DecoderOptions ten{.role = WebSocketRole::Server, .message_bytes_max = 10};
  const Bytes first = masked(Opcode::Binary, "123456", false);
  expect_for_every_split(ten, first + masked(Opcode::Continuation, "7890"), {binary("1234567890")});
  const Seen expected = failure(1009, "the message is too large");
  const Bytes over = first + masked(Opcode::Continuation, "78901");
  expect_for_every_split(ten, over, {expected});
  expect_failure_at(ten, over, first.size() + 1, expected);
  const Bytes control_is_free =
      first + masked(Opcode::Ping, "twelve bytes") + masked(Opcode::Continuation, "7");
  expect_for_every_split(ten, control_is_free, {ping("twelve bytes"), binary("1234567")});
}

TEST(WebSocketDecoder, RefusesTextThatIsNotUtf8AtTheFirstWrongByte) {
  struct Case {
    std::string bytes;
    std::size_t wrong_at;
  };

  const std::vector<Case> cases{
      {"\x80", 0},              // a continuation byte first
      {"a\xBFz", 1},            //
      {"\xC0\xAF", 0},          // overlong
      {"\xC1\xBF", 0},          //
      {"\xC3(", 1},             // continuation missing
      {"\xE0\x9F\xBF", 1},      // overlong
      {"\xED\xA0\x80", 1},      // a surrogate
      {"\xE2\x82(", 2},         //
      {"\xF0\x8F\xBF\xBF", 1},  // overlong
      {"\xF4\x90\x80\x80", 1},  // above U+10FFFF
      {"\xF5", 0},              //
      {"\xFF", 0},              //
      {"12345678\xFE", 8},      //
  };
  for (const Case& one : cases) {
    const Bytes bytes = masked(Opcode::Text, one.bytes + "tail");
    const Seen expected = failure(1007, "a text message is not valid UTF-8");
    expect_for_every_split(kServer, bytes, {expected});
    expect_failure_at(kServer, bytes, 6 + one.wrong_at, expected);
  }
}

TEST(WebSocketDecoder, ChecksUtf8AcrossFragmentsAndAtTheEnd) {
  const std::string sign = "\xE2\x82\xAC";
  const std::string face = "\xF0\x9F\x98\x80";
  const std::string whole = "a" + sign + "b" + face;
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    expect_for_every_split(kServer,
                           masked(Opcode::Text, whole.substr(0, cut), false) +
                               masked(Opcode::Continuation, whole.substr(cut)),
                           {text(whole)});
  }
  for (const std::string& half : {sign.substr(0, 1), sign.substr(0, 2), face.substr(0, 3)}) {
    expect_for_every_split(kServer, masked(Opcode::Text, "a" + half),
                           {failure(1007, "a text message ends inside a character")});
  }
  expect_for_every_split(
      kServer, masked(Opcode::Text, sign.substr(0, 2), false) + masked(Opcode::Continuation, "x"),
      {failure(1007, "a text message is not valid UTF-8")});
}

TEST(WebSocketDecoder, TakesAnyBytesAsBinary) {
  expect_for_every_split(kServer, masked(Opcode::Binary, "\xFF\xFE\x80"), {binary("\xFF\xFE\x80")});
}

TEST(WebSocketDecoder, ReadsCloseFramesAndIgnoresWhatFollows) {
  const Bytes with_reason = masked(Opcode::Close, std::string("\x03\xE8", 2) + "bye");
  expect_for_every_split(kServer, with_reason + masked(Opcode::Text, "late") + raw({0xFF, 0xFF}),
                         {closed(1000, "bye")});
  expect_for_every_split(kServer, masked(Opcode::Close, ""), {closed(1005, "")});
  expect_for_every_split(
      kServer, masked(Opcode::Text, "a", false) + masked(Opcode::Close, std::string("\x10\x68", 2)),
      {closed(4200, "")});
}

TEST(WebSocketDecoder, RefusesCloseFramesThatAreWrong) {
  expect_for_every_split(kServer, masked(Opcode::Close, "\x03"),
                         {failure(1002, "a close frame holds half a code")});
  for (const unsigned code :
       {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 2000U, 2999U, 5000U, 65535U}) {
    const std::string payload{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
    expect_for_every_split(kServer, masked(Opcode::Close, payload),
                           {failure(1002, "a close code must not be sent")});
  }
  for (const std::string bad : {"\xFF", "ok\xE2\x82"}) {
    expect_for_every_split(kServer, masked(Opcode::Close, std::string("\x03\xE8", 2) + bad),
                           {failure(1007, "a close reason is not valid UTF-8")});
  }
}

TEST(WebSocketDecoder, RepeatsAFailureForWhateverComesAfterIt) {
  WebSocketDecoder decoder(kServer);
  Bytes broken = raw({0xF1});
  std::span<std::uint8_t> input(broken);
  EXPECT_EQ(decoder.next(input).event, WebSocketEvent::Kind::Failure);
  Bytes fine = masked(Opcode::Text, "fine");
  input = fine;
  const WebSocketEvent again = decoder.next(input);
  EXPECT_EQ(again.event, WebSocketEvent::Kind::Failure);
  EXPECT_EQ(again.code, 1002);
  EXPECT_TRUE(input.empty());
}

TEST(WebSocketDecoder, HoldsNoMoreThanWhatArrivedAndNothingBetweenMessages) {
  WebSocketDecoder decoder({.role = WebSocketRole::Server});
  Bytes promise = raw({0x82, 0x80 | 127, 0, 0, 0, 0, 0x05, 0, 0, 0, 0, 0, 0, 0}, "few bytes");
  std::span<std::uint8_t> input(promise);
  EXPECT_EQ(decoder.next(input).event, WebSocketEvent::Kind::NeedMore);
  EXPECT_EQ(decoder.buffered_bytes(), 9U);

  WebSocketDecoder other({.role = WebSocketRole::Server});
  Bytes first = masked(Opcode::Binary, "ab", false);
  Bytes second = masked(Opcode::Continuation, "cd");
  input = first;
  EXPECT_EQ(other.next(input).event, WebSocketEvent::Kind::NeedMore);
  EXPECT_EQ(other.buffered_bytes(), 2U);
  input = second;
  EXPECT_EQ(other.next(input).event, WebSocketEvent::Kind::Message);
  EXPECT_EQ(other.next(input).event, WebSocketEvent::Kind::NeedMore);
  EXPECT_EQ(other.buffered_bytes(), 0U);
}

TEST(WebSocketDecoder, GivesTheSameEventsForRandomConversationsHoweverTheyAreCut) {
  const std::uint64_t seed = seed_of_run(20'261'120);
  SCOPED_TRACE("RUNNEL_SEED=" + std::to_string(seed));
  SeededRandom random(seed);
  for (int round = 0; round < 300; ++round) {
    Bytes bytes;
    const std::uint64_t frames = 1 + random.below(6);
    for (std::uint64_t i = 0; i < frames; ++i) {
      constexpr std::array kOpcodes{Opcode::Continuation, Opcode::Text, Opcode::Binary,
                                    Opcode::Ping,         Opcode::Pong, Opcode::Close};
      const Opcode opcode = kOpcodes.at(random.below(random.below(8) == 0 ? 6 : 5));
      bytes = bytes + masked(opcode, std::string(random.below(140), 'q'), random.below(2) == 0);
    }
    if (random.below(3) == 0) {
      std::uint8_t& byte = bytes[random.below(bytes.size())];
      byte = static_cast<std::uint8_t>(byte ^ (1U << random.below(8)));
    }
    const std::vector<Seen> whole = decode(kServer, bytes, {});
    for (int cutting = 0; cutting < 10; ++cutting) {
      std::vector<std::size_t> cuts;
      for (std::size_t at = random.below(20); at < bytes.size(); at += 1 + random.below(60)) {
        cuts.push_back(at);
      }
      ASSERT_EQ(decode(kServer, bytes, cuts), whole);
    }
  }
}

TEST(WebSocketEncoder, WritesTheShortestLengthForm) {
  const auto head = [](std::size_t size) {
    const SharedBytes frame = encode_frame(MessageKind::Binary, Bytes(size));
    return Bytes(frame->begin(), frame->end() - static_cast<std::ptrdiff_t>(size));
  };
  EXPECT_EQ(head(0), raw({0x82, 0}));
  EXPECT_EQ(head(125), raw({0x82, 125}));
  EXPECT_EQ(head(126), raw({0x82, 126, 0, 126}));
  EXPECT_EQ(head(65'535), raw({0x82, 126, 0xFF, 0xFF}));
  EXPECT_EQ(head(65'536), raw({0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0}));
}

TEST(WebSocketEncoder, MakesFramesThatTheOtherSideReads) {
  EXPECT_EQ(decode(kClient, *encode_frame(MessageKind::Text, as_bytes("hi")), {}),
            std::vector{text("hi")});
  EXPECT_EQ(
      decode(kClient,
             *encode_frame(MessageKind::Binary, {as_bytes("a"), as_bytes(""), as_bytes("bc")}), {}),
      std::vector{binary("abc")});
  EXPECT_EQ(decode(kClient, encode_control(Opcode::Pong, as_bytes("p")), {}),
            std::vector{pong("p")});
  EXPECT_EQ(decode(kClient, encode_close(4401, "no"), {}), std::vector{closed(4401, "no")});
  EXPECT_EQ(decode(kClient, encode_close(close_code::kNoStatus, "ignored"), {}),
            std::vector{closed(1005, "")});
}

TEST(WebSocketEncoder, CutsWhatAControlFrameCannotHold) {
  const std::string longer(200, 'r');
  EXPECT_EQ(decode(kClient, encode_control(Opcode::Ping, as_bytes(longer)), {}),
            std::vector{ping(std::string(125, 'r'))});
  // The euro sign would straddle the end at byte 123 and is left out whole.
  const std::string reason = std::string(121, 'r') + "\xE2\x82\xAC" + "tail";
  EXPECT_EQ(decode(kClient, encode_close(1000, reason), {}),
            std::vector{closed(1000, std::string(121, 'r'))});
}

}  // namespace
}  // namespace runnel::net
