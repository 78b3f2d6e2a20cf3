#include "ycpp/types/relative_position.h"

#include "ycpp/doc/doc.h"
#include "ycpp/types/roots.h"
#include <gtest/gtest.h>

namespace ycpp {
namespace {

DocOptions with_client(std::uint64_t id) {
  DocOptions options;
  options.client_id = ClientId{id};
  return options;
}

TEST(RelativePosition, StaysWithItsNeighbourOnEitherSide) {
  Doc doc(with_client(1));
  const Text text = doc.get_text("t");
  text.insert(0, "ab");
  const auto right = create_relative_position_from_type_index(text, 1, Assoc::Right);
  const auto left = create_relative_position_from_type_index(text, 1, Assoc::Left);
  text.insert(1, "xyz");
  EXPECT_EQ(create_absolute_position_from_relative_position(right, doc)->index, 4U);
  EXPECT_EQ(create_absolute_position_from_relative_position(left, doc)->index, 1U);
}

TEST(RelativePosition, SurvivesItsEncodings) {
  Doc doc(with_client(300));
  const Text text = doc.get_text("t");
  text.insert(0, "ab");
  for (const std::uint64_t index : {0U, 1U, 2U}) {
    for (const Assoc assoc : {Assoc::Left, Assoc::Right}) {
      const auto position = create_relative_position_from_type_index(text, index, assoc);
      // The bytes of a unit leave its type out, which the unit tells.
      EXPECT_EQ(RelativePosition::decode(position.encode()).value().encode(), position.encode());
      EXPECT_EQ(RelativePosition::from_json(position.to_json()).value(), position);
    }
  }
}

TEST(RelativePosition, OfSomethingThatIsNotHereYetIsNowhere) {
  Doc doc(with_client(1));
  RelativePosition position;
  position.item = Id{ClientId{9}, 4};
  EXPECT_FALSE(create_absolute_position_from_relative_position(position, doc).has_value());
}

TEST(RelativePosition, BytesThatAreNoneAreRefused) {
  EXPECT_FALSE(RelativePosition::decode(Bytes{}).has_value());
  EXPECT_FALSE(RelativePosition::decode(Bytes{3, 1}).has_value());
  EXPECT_FALSE(RelativePosition::decode(Bytes{0, 0x80}).has_value());
  EXPECT_FALSE(RelativePosition::from_json(Any(AnyObject())).has_value());
}

}  // namespace
}  // namespace ycpp
