#include "ycpp/doc/block_store.h"

#include "ycpp/doc/integrator.h"
#include "ycpp/doc/transaction.h"
#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace ycpp {
namespace {

// A list that is appended to value by value: the seam behind it closes each time. Where its content
// ends must then be known; found by walking the values, n appends would take n^2 / 2 steps.
TEST(BlockStore, KnowsWhereTheContentOfAListThatGrowsEnds) {
  BlockStore store(1);
  Transaction transaction;
  transaction.serial = 1;
  Integrator integrator(store, transaction);
  const ClientIndex client = store.intern_client(ClientId{7});
  const TypeIndex list = store.root("list");
  constexpr std::array<std::uint8_t, 2> kNumber{125, 1};  // the any value 1
  BlockIndex whole = kNone;
  constexpr Clock kValues = 100;
  for (Clock clock = 0; clock < kValues; ++clock) {
    NewItem item{.client = client, .clock = clock, .length = 1};
    if (clock > 0) item.origin = {client, clock - 1};
    item.left = whole;
    item.parent = list;
    item.kind = BlockKind::Any;
    item.content = store.add_content(kNumber);
    const BlockIndex added = integrator.integrate(item);
    if (clock == 0) {
      whole = added;
      continue;
    }
    ASSERT_TRUE(store.can_merge(whole, added));
    store.merge(whole, added);
    const ClientRecord& record = store.clients[client];
    store.clients[client].list.remove_after(store.blocks, {});
    ASSERT_EQ(record.tail_block, whole) << "after value " << clock;
    ASSERT_EQ(record.tail_end, store.blocks[whole].content + (clock + 1) * kNumber.size());
  }
  EXPECT_EQ(store.content_bytes(whole), kValues * kNumber.size());
}

}  // namespace
}  // namespace ycpp
