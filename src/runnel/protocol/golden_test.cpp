// Replays recorded payloads: what real clients send must decode to what it is, and what we send
// must be byte for byte what the reference servers send.
#include "runnel/protocol/codec.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace runnel::protocol {
namespace {

struct GoldenLine {
  std::string direction;
  std::string hex;
  std::string kind;
  std::string body;
};

Bytes from_hex(const std::string& hex) {
  Bytes out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  }
  return out;
}

std::vector<GoldenLine> read_golden(const std::string& name) {
  std::ifstream file(RUNNEL_TESTDATA + name);
  EXPECT_TRUE(file.is_open()) << name;
  std::vector<GoldenLine> lines;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    GoldenLine golden;
    words >> golden.direction >> golden.hex >> golden.kind >> golden.body;
    lines.push_back(golden);
  }
  return lines;
}

struct Described {
  std::string kind;
  Bytes body;
};

Described describe(const ClientMessage& message) {
  if (const auto* step1 = std::get_if<SyncStep1>(&message)) {
    return {"SyncStep1", to_bytes(step1->state_vector)};
  }
  if (const auto* step2 = std::get_if<SyncStep2>(&message)) {
    return {"SyncStep2", to_bytes(step2->update)};
  }
  if (const auto* update = std::get_if<SyncUpdate>(&message)) {
    return {"SyncUpdate", to_bytes(update->update)};
  }
  if (const auto* entries = std::get_if<AwarenessMessage>(&message)) {
    return {"Awareness", to_bytes(entries->update)};
  }
  if (std::holds_alternative<QueryAwareness>(message)) return {"QueryAwareness", {}};
  if (std::holds_alternative<UnknownBinary>(message)) return {"Unknown", {}};
  return {"other", {}};
}

SharedBytes encode(const GoldenLine& golden) {
  const Bytes body = from_hex(golden.body);
  if (golden.kind == "SyncStep1") return encode_sync_step1(body);
  if (golden.kind == "SyncStep2") return encode_sync_step2(body);
  if (golden.kind == "SyncUpdate") return encode_sync_update(body);
  return encode_awareness(body);
}

void replay(const std::string& file, Dialect dialect) {
  const auto codec = create_codec({.dialect = dialect, .limits = {.message_bytes = 1000}});
  const auto lines = read_golden(file);
  ASSERT_GT(lines.size(), 5U);
  for (const GoldenLine& golden : lines) {
    const Bytes payload = from_hex(golden.hex);
    const auto decoded = codec->decode(PayloadKind::Binary, payload);
    if (golden.kind == "malformed") {
      EXPECT_FALSE(decoded) << golden.hex;
      continue;
    }
    ASSERT_TRUE(decoded) << golden.hex << ": " << to_string(decoded.error());
    const Described described = describe(*decoded);
    EXPECT_EQ(described.kind, golden.kind) << golden.hex;
    if (golden.kind != "Unknown") {
      EXPECT_EQ(described.body, from_hex(golden.body)) << golden.hex;
    }
    if (golden.direction == "out") {
      EXPECT_EQ(*encode(golden), payload) << golden.hex;
    }
  }
}

TEST(Golden, PayloadsOfYPartyKitDecodeAndEncodeAsRecorded) {
  replay("y-partykit.txt", Dialect::YPartyKit);
}

TEST(Golden, PayloadsOfYWebsocketDecodeAndEncodeAsRecorded) {
  replay("y-websocket.txt", Dialect::YWebsocket);
}

TEST(Golden, TheEmptyAwarenessMessageIsThreeBytes) {
  EXPECT_EQ(*encode_empty_awareness(), (Bytes{0x01, 0x01, 0x00}));
}

}  // namespace
}  // namespace runnel::protocol
