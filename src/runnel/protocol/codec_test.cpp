#include "runnel/protocol/codec.h"

#include <gtest/gtest.h>

#include <string>

namespace runnel::protocol {
namespace {

std::unique_ptr<Codec> codec_of(Dialect dialect, bool control = false) {
  return create_codec(
      {.dialect = dialect, .control_messages = control, .limits = {.message_bytes = 1U << 20U}});
}

Result<ClientMessage> text(Codec& codec, std::string_view payload) {
  return codec.decode(PayloadKind::Text, as_bytes(payload));
}

TEST(PartyKitCodec, JoinsAChunkedMessageAndDecodesItAsOne) {
  const auto codec = codec_of(Dialect::YPartyKit);
  const Bytes whole{0x00, 0x02, 0x03, 7, 8, 9};
  const ByteView view(whole);
  ASSERT_TRUE(text(*codec, R"(y-pk-batch#{"id":"q","type":"start","size":6,"count":2})"));
  for (const ByteView chunk : {view.first(4), view.subspan(4)}) {
    const auto message = codec->decode(PayloadKind::Binary, chunk);
    ASSERT_TRUE(message);
    EXPECT_TRUE(std::holds_alternative<Incomplete>(*message));
  }
  const auto message = text(*codec, R"(y-pk-batch#{"id":"q","type":"end","size":6,"count":2})");
  ASSERT_TRUE(message);
  ASSERT_TRUE(std::holds_alternative<SyncUpdate>(*message));
  EXPECT_EQ(to_bytes(std::get<SyncUpdate>(*message).update), (Bytes{7, 8, 9}));
}

TEST(PartyKitCodec, AnUnchunkedLargeMessageIsTakenAsItIs) {
  const auto codec = codec_of(Dialect::YPartyKit);
  const Bytes update(2'000'000, 1);
  const SharedBytes payload = encode_sync_update(update);
  const auto message = codec->decode(PayloadKind::Binary, *payload);
  ASSERT_TRUE(message);
  EXPECT_EQ(std::get<SyncUpdate>(*message).update.size(), update.size());
}

TEST(PartyKitCodec, LearnsFromCustomTextThatItsClientIsAYPartyServerOne) {
  const auto codec = codec_of(Dialect::YPartyKit);
  const auto message = text(*codec, "__YPS:{\"a\":1}");
  ASSERT_TRUE(message);
  EXPECT_EQ(std::get<CustomMessage>(*message).text, "{\"a\":1}");
  EXPECT_EQ(codec->dialect(), Dialect::YPartyServer);
}

TEST(PartyKitCodec, LearnsFromAChunkMarkerThatItsClientIsAYPartyKitOne) {
  const auto codec = codec_of(Dialect::YPartyServer);
  ASSERT_TRUE(text(*codec, R"(y-pk-batch#{"id":"q","type":"start","size":6,"count":2})"));
  EXPECT_EQ(codec->dialect(), Dialect::YPartyKit);
}

TEST(PartyKitCodec, TellsControlMessagesFromOtherText) {
  const auto codec = codec_of(Dialect::YPartyServer);
  const auto control = text(*codec, R"({"type":"token_refresh","token":"t"})");
  ASSERT_TRUE(control);
  EXPECT_EQ(std::get<ControlMessage>(*control).type, "token_refresh");
  for (const char* other : {"hello", "{", "{}", R"({"type":5})", R"({"type":"mine"})", "[]", ""}) {
    const auto message = text(*codec, other);
    ASSERT_TRUE(message) << other;
    EXPECT_TRUE(std::holds_alternative<UnknownText>(*message)) << other;
  }
}

TEST(PartyKitCodec, SendsControlMessagesAsTextAndCustomOnesWithTheirPrefix) {
  const auto codec = codec_of(Dialect::YPartyKit);
  EXPECT_EQ(codec->encode_control("{}").kind, PayloadKind::Text);
  EXPECT_EQ(as_text(*codec->encode_control("{}").bytes), "{}");
  EXPECT_EQ(as_text(*codec->encode_custom("hi").bytes), "__YPS:hi");
}

TEST(YWebsocketCodec, GetsNoControlMessagesUnlessItsUrlAskedForThem) {
  EXPECT_EQ(codec_of(Dialect::YWebsocket)->encode_control("{}").bytes, nullptr);
  const Outgoing out = codec_of(Dialect::YWebsocket, true)->encode_control("{}");
  EXPECT_EQ(out.kind, PayloadKind::Binary);
  EXPECT_EQ(*out.bytes, (Bytes{120, 2, '{', '}'}));
  EXPECT_EQ(codec_of(Dialect::YWebsocket, true)->encode_custom("x").bytes, nullptr);
}

TEST(YWebsocketCodec, ReadsControlMessagesOfType120OnlyWhenItsUrlAskedForThem) {
  const std::string json = R"({"type":"token_refresh","token":"t"})";
  Bytes payload{120, static_cast<std::uint8_t>(json.size())};
  payload.insert(payload.end(), json.begin(), json.end());
  const auto with = codec_of(Dialect::YWebsocket, true)->decode(PayloadKind::Binary, payload);
  ASSERT_TRUE(with);
  EXPECT_EQ(std::get<ControlMessage>(*with).json, json);
  const auto without = codec_of(Dialect::YWebsocket)->decode(PayloadKind::Binary, payload);
  ASSERT_TRUE(without);
  EXPECT_EQ(std::get<UnknownBinary>(*without).type, 120U);
}

TEST(YWebsocketCodec, HandsTextToTheHook) {
  const auto codec = codec_of(Dialect::YWebsocket);
  const auto message = text(*codec, "y-pk-batch#{}");
  ASSERT_TRUE(message);
  EXPECT_TRUE(std::holds_alternative<UnknownText>(*message));
}

TEST(EveryCodec, RefusesEveryPrefixOfAMessageWithoutReadingBeyondIt) {
  const Bytes whole{0x00, 0x02, 0x05, 1, 2, 3, 4, 5};
  for (const Dialect dialect : {Dialect::YPartyKit, Dialect::YPartyServer, Dialect::YWebsocket}) {
    const auto codec = codec_of(dialect);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const Bytes prefix(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_FALSE(codec->decode(PayloadKind::Binary, prefix)) << size;
    }
    EXPECT_TRUE(codec->decode(PayloadKind::Binary, whole));
  }
}

TEST(EveryCodec, SurvivesEmptyAndRandomPayloadsAndStillDecodes) {
  std::uint64_t state = 1;
  for (const Dialect dialect : {Dialect::YPartyKit, Dialect::YPartyServer, Dialect::YWebsocket}) {
    const auto codec = codec_of(dialect, true);
    EXPECT_FALSE(codec->decode(PayloadKind::Binary, {}));
    for (int i = 0; i < 2000; ++i) {
      Bytes payload(static_cast<std::size_t>(i % 40));
      for (auto& byte : payload) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        byte = static_cast<std::uint8_t>(state >> 60U);  // small numbers reach deeper
      }
      static_cast<void>(codec->decode(PayloadKind::Binary, payload));
    }
    EXPECT_TRUE(codec->decode(PayloadKind::Binary, Bytes{0, 0, 1, 0}));
  }
}

}  // namespace
}  // namespace runnel::protocol
