#include "runnel/protocol/wire.h"

#include "runnel/protocol/sync_messages.h"

#include <gtest/gtest.h>

namespace runnel::protocol {
namespace {

constexpr std::uint64_t kMax = (std::uint64_t{1} << 53U) - 1;

TEST(Wire, VaruintsComeBackAsTheyWereWritten) {
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128},
                                    std::uint64_t{16383}, std::uint64_t{1} << 32U, kMax}) {
    Bytes bytes;
    write_varuint(bytes, value);
    EXPECT_EQ(bytes.size(), varuint_size(value));
    WireReader reader(bytes);
    EXPECT_EQ(reader.read_varuint().value(), value);
    EXPECT_EQ(reader.offset(), bytes.size());
  }
}

TEST(Wire, AnOverLongVaruintIsAccepted) {
  const Bytes bytes{0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00};
  EXPECT_EQ(WireReader(bytes).read_varuint().value(), 1U);
}

TEST(Wire, AVaruintAboveTheSafeRangeIsRefused) {
  const Bytes two_to_53{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10};
  EXPECT_EQ(WireReader(two_to_53).read_varuint().error().code, Errc::Malformed);
  const Bytes far{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01};
  EXPECT_EQ(WireReader(far).read_varuint().error().code, Errc::Malformed);
}

TEST(Wire, ABufferThatIsLongerThanTheMessageIsRefused) {
  const Bytes bytes{0x05, 'a', 'b'};
  EXPECT_FALSE(WireReader(bytes).read_buffer());
}

TEST(Wire, EveryPrefixOfAMessageIsRefusedWithoutReadingBeyondIt) {
  const Bytes whole{0x00, 0x02, 0x05, 1, 2, 3, 4, 5};
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Bytes prefix(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(decode_binary(prefix)) << size;
  }
  EXPECT_TRUE(decode_binary(whole));
}

}  // namespace
}  // namespace runnel::protocol
