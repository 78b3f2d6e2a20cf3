// Documents against bytes that npm's Yjs 13.6.33 made (lib0-yjs vectors), and the rules of update
// events, pending structs and refused updates.
#include "ycpp/doc/doc.h"

#include "ycpp/encoding/testing/hex.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace ycpp {
namespace {

using ::testing::ElementsAre;
using testing::from_hex;
using ::testing::IsEmpty;
using testing::to_hex;

struct Vector {
  const char* name;
  const char* v1;
  const char* v2;
};

constexpr Vector kVectors[] = {
    {"empty", "0000", "00000000000001000000000000"},
    {"text", "010101000401017402616200", "0000010100000104060374616201020101000001010000"},
    {"text, first deleted", "01020100010101740184010001620101010001",
     "00000241000100000301008405027462410001010001010102000101010000"},
    {"map with nested array", "010301002801016d0161017d012701016d0162000800010103787e77017800",
     "000002410001020005280027000807046d616d6241020301010001000201030103007d01787e77017800"},
    {"map overwrite", "010201002101016d016101a80100017d020101010001",
     "0000024100010000032100a805026d6141000101000241000102007d020101010000"},
    {"xml", "010401000701017803017028000100016b0177017607000100060400010202686900",
     "00010002410203010004000707002800070004090578706b6869410102030100000203060101010400770176"
     "00"},
    {"formatted text",
     "010301000601017404626f6c64047472756584010002616286010204626f6c64046e756c6c00",
     "0002000202410102000400050600840086100b74626f6c646162626f6c64010402040101000001030078"
     "7e00"},
    {"embed, binary, subdocument", "0103010005010174077b2269223a317d030101610201024901010167760000",
     "00000241000001020505000300490603746167410101010000010300760101697d01020102760000"},
};

class GoldenVectors : public ::testing::TestWithParam<Vector> {};

TEST_P(GoldenVectors, AreReadAndWrittenInBothFormats) {
  const Bytes v1 = from_hex(GetParam().v1);
  const Bytes v2 = from_hex(GetParam().v2);
  Doc from_v1;
  ASSERT_TRUE(from_v1.apply_update(v1).has_value());
  EXPECT_EQ(to_hex(from_v1.encode_state_as_update()), GetParam().v1);
  EXPECT_EQ(to_hex(from_v1.encode_state_as_update_v2()), GetParam().v2);
  Doc from_v2;
  ASSERT_TRUE(from_v2.apply_update(v2).has_value());
  EXPECT_EQ(to_hex(from_v2.encode_state_as_update()), GetParam().v1);
  EXPECT_EQ(to_hex(from_v2.encode_state_as_update_v2()), GetParam().v2);
}

INSTANTIATE_TEST_SUITE_P(Yjs, GoldenVectors, ::testing::ValuesIn(kVectors));

// Two clients: 1 writes "ab" and then "c".
constexpr std::string_view kTextAb = "010101000401017402616200";
constexpr std::string_view kAppendC = "01010102840101016300";

std::vector<std::string> record_updates(Doc& doc, std::vector<std::string>& sent) {
  doc.on_update([&sent](const UpdateEvent& event) { sent.push_back(to_hex(event.update)); });
  return sent;
}

TEST(Doc, TellsWhatAnUpdateChangedAndIsSilentWhenNothingDid) {
  Doc doc;
  std::vector<std::string> sent;
  record_updates(doc, sent);
  ASSERT_TRUE(doc.apply_update(from_hex(kTextAb)).has_value());
  ASSERT_TRUE(doc.apply_update(from_hex(kTextAb)).has_value());
  EXPECT_THAT(sent, ElementsAre(std::string(kTextAb)));
}

TEST(Doc, KeepsAnEarlyUpdateAndHandsItOnButDoesNotCountIt) {
  Doc doc;
  std::vector<std::string> sent;
  record_updates(doc, sent);
  ASSERT_TRUE(doc.apply_update(from_hex(kAppendC)).has_value());
  EXPECT_THAT(sent, IsEmpty());
  EXPECT_EQ(to_hex(doc.encode_state_vector()), "00");
  EXPECT_EQ(to_hex(doc.encode_state_as_update()), std::string(kAppendC));
  EXPECT_GT(doc.pending_bytes(), 0U);
  ASSERT_TRUE(doc.apply_update(from_hex(kTextAb)).has_value());
  EXPECT_THAT(sent, ElementsAre("01010100040101740361626300"));
  EXPECT_EQ(to_hex(doc.encode_state_vector()), "010103");
  EXPECT_EQ(doc.pending_bytes(), 0U);
}

TEST(Doc, KeepsADeletionOfWhatIsNotHereYet) {
  Doc doc;
  ASSERT_TRUE(doc.apply_update(from_hex("000101010001")).has_value());
  EXPECT_EQ(to_hex(doc.encode_state_as_update()), "000101010001");
  ASSERT_TRUE(doc.apply_update(from_hex(kTextAb)).has_value());
  EXPECT_EQ(to_hex(doc.encode_state_as_update()), "01020100010101740184010001620101010001");
}

TEST(Doc, IsAsItWasAfterARefusedUpdate) {
  Doc doc;
  ASSERT_TRUE(doc.apply_update(from_hex(kTextAb)).has_value());
  // A client that nobody knows, and then an update that ends too early.
  const Bytes whole = from_hex("010109000401017402616200");
  for (std::size_t length = 0; length + 1 < whole.size(); ++length) {
    const Result<void> applied = doc.apply_update_v1(ByteView(whole).first(length));
    ASSERT_FALSE(applied.has_value()) << length;
    EXPECT_EQ(applied.error().code, Errc::Malformed);
  }
  EXPECT_EQ(to_hex(doc.encode_state_as_update()), std::string(kTextAb));
}

TEST(Doc, RefusesAReferenceToAUnitThatComesLater) {
  Doc doc;
  EXPECT_FALSE(doc.apply_update(from_hex("01010100840105016100")).has_value());
  EXPECT_FALSE(doc.apply_update(from_hex("01010100040001000161")).has_value());
}

TEST(Doc, EncodesOnlyWhatATargetLacks) {
  Doc doc;
  ASSERT_TRUE(doc.apply_update(from_hex(kTextAb)).has_value());
  const StateVector target = StateVector::from_entries({{ClientId{1}, 1}});
  EXPECT_EQ(to_hex(doc.encode_state_as_update(target)), "01010101840100016200");
  const StateVector all = StateVector::from_entries({{ClientId{1}, 2}, {ClientId{7}, 9}});
  EXPECT_EQ(to_hex(doc.encode_state_as_update(all)), "0000");
}

TEST(Doc, TakesANewClientIdWhenAnotherReplicaUsesItsOwn) {
  DocOptions options;
  options.client_id = ClientId{1};
  options.new_client_id = [] { return ClientId{77}; };
  Doc doc(std::move(options));
  ASSERT_TRUE(doc.apply_update(from_hex(kTextAb)).has_value());
  EXPECT_EQ(doc.client_id(), ClientId{77});
}

TEST(Doc, HoldsClocksAndClientsUpToTheLargestSafeInteger) {
  // A gc struct of 2^52 units of client 2^53 - 1, and a text behind it.
  const std::string_view update =
      "0102ffffffffffffff0f00008080808080808008040101740161"
      "00";
  Doc doc;
  ASSERT_TRUE(doc.apply_update(from_hex(update)).has_value());
  EXPECT_EQ(to_hex(doc.encode_state_as_update()), std::string(update.substr(0, update.size() - 2)) +
                                                      "01ffffffffffffff0f01008080808080808008");
}

TEST(Doc, HasLoadedOnceItsProviderSaysSoOrIsInSync) {
  Doc doc;
  std::vector<std::string> log;
  doc.on_sync([&](bool is_synced, Doc&) { log.emplace_back(is_synced ? "synced" : "lost"); });
  const SubscriptionId load = doc.on_load([&](Doc&) { log.emplace_back("loaded"); });
  EXPECT_FALSE(doc.is_loaded());
  doc.set_synced(true);
  EXPECT_TRUE(doc.is_loaded());
  EXPECT_TRUE(doc.is_synced());
  doc.set_synced(false);
  EXPECT_TRUE(doc.is_loaded());
  EXPECT_FALSE(doc.is_synced());
  doc.unsubscribe(load);
  doc.set_loaded();
  EXPECT_EQ(log, (std::vector<std::string>{"loaded", "synced", "lost"}));
}

}  // namespace
}  // namespace ycpp
