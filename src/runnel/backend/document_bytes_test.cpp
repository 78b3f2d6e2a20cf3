#include "runnel/backend/document_bytes.h"

#include "runnel/backend/testing/sample_updates.h"

#include "ycpp/update/convert.h"
#include <gtest/gtest.h>

namespace runnel::backend {
namespace {

TEST(DocumentBytes, ReadsV1AndV2AsTheSameDocument) {
  const Bytes v1 = insert_update(1, 0, "hello");
  const Bytes v2 = *ycpp::convert_update_format_v1_to_v2(v1);
  const auto from_v1 = read_document(v1);
  const auto from_v2 = read_document(v2);
  ASSERT_TRUE(from_v1 && from_v2);
  EXPECT_EQ(from_v1->update, from_v2->update);
  EXPECT_EQ(from_v1->coverage, from_v2->coverage);
  EXPECT_EQ(from_v1->coverage.state_vector.clock(ycpp::ClientId{1}), 5U);
}

TEST(DocumentBytes, RefusesEveryTruncationOfASnapshot) {
  for (const Bytes& whole : {merged({insert_update(1, 0, "hello"), insert_update(9, 0, "world")}),
                             *ycpp::convert_update_format_v1_to_v2(insert_update(1, 0, "hello"))}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto state = read_document(ByteView(whole).first(size));
      EXPECT_FALSE(state.has_value()) << "cut at " << size << " of " << whole.size();
    }
  }
}

TEST(DocumentBytes, TheTwoEmptyDocumentsAreEmptyAndNothingElseIs) {
  const Bytes v1{0, 0};
  const Bytes v2 = *ycpp::convert_update_format_v1_to_v2(v1);
  EXPECT_TRUE(is_empty_document(v1));
  EXPECT_TRUE(is_empty_document(v2));
  EXPECT_FALSE(is_empty_document(Bytes{}));
  EXPECT_FALSE(is_empty_document(Bytes{0}));
  EXPECT_FALSE(is_empty_document(insert_update(1, 0, "x")));
  EXPECT_FALSE(read_document(v1).has_value());
  EXPECT_FALSE(read_document(v2).has_value());
}

TEST(DocumentBytes, ADeletionIsAChangeThatCoverageSees) {
  const Bytes text = insert_update(1, 0, "hello");
  const Bytes with_deletion = merged({text, delete_update(1, 1, 2)});
  const auto before = read_document(text);
  const auto after = read_document(with_deletion);
  ASSERT_TRUE(before && after);
  EXPECT_TRUE(after->coverage.covers(before->coverage));
  EXPECT_FALSE(before->coverage.covers(after->coverage));
}

TEST(DocumentBytes, RandomBytesAreNeverADocument) {
  // Fixed bytes of a generator, of lengths that a small document has.
  std::uint32_t state = 12345;
  int accepted = 0;
  for (int round = 0; round < 2000; ++round) {
    Bytes bytes(static_cast<std::size_t>(20 + round % 60));
    for (std::uint8_t& byte : bytes) {
      state = state * 1664525U + 1013904223U;
      byte = static_cast<std::uint8_t>(state >> 24U);
    }
    if (read_document(bytes)) ++accepted;
  }
  EXPECT_EQ(accepted, 0);
}

}  // namespace
}  // namespace runnel::backend
