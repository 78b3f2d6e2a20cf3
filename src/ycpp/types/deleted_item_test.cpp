#include "ycpp/types/deleted_item.h"

#include "ycpp/doc/doc.h"
#include "ycpp/types/roots.h"
#include "ycpp/types/snapshot.h"
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ycpp {
namespace {

TEST(GcFilter, KeepsTheContentThatItIsAskedToKeep) {
  DocOptions options{.client_id = ClientId{1}};
  options.gc_filter = [](const DeletedItem& item) {
    return !item.is_inside(item.parent().doc().get_map("kept"));
  };
  Doc doc(std::move(options));
  doc.get_map("kept").set("a", new_array({"inner"}));
  doc.get_map("other").set("a", "outer");
  doc.get_map("kept").remove("a");
  doc.get_map("other").remove("a");
  const Bytes state = doc.encode_state_as_update();
  const std::string text(state.begin(), state.end());
  EXPECT_NE(text.find("inner"), std::string::npos);
  EXPECT_EQ(text.find("outer"), std::string::npos);
}

TEST(GcFilter, SeesWhatIsDeleted) {
  struct Seen {
    Id id;
    Clock length{0};
    BlockKind kind{BlockKind::Gc};
    std::size_t values{0};
    std::optional<std::string> key;
  };

  std::vector<Seen> seen;
  DocOptions options{.client_id = ClientId{1}};
  options.gc_filter = [&](const DeletedItem& item) {
    seen.push_back({item.id(), item.length(), item.kind(), item.values().size(), item.key()});
    return true;
  };
  Doc doc(std::move(options));
  doc.get_text("t").insert(0, "abc");
  doc.get_map("m").set("key", 1);
  doc.transact([&](Transaction&) {
    doc.get_text("t").delete_text(1, 2);
    doc.get_map("m").remove("key");
  });
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].id, (Id{ClientId{1}, 1}));
  EXPECT_EQ(seen[0].length, 2U);
  EXPECT_EQ(seen[0].kind, BlockKind::String);
  EXPECT_EQ(seen[0].values, 2U);
  EXPECT_FALSE(seen[0].key.has_value());
  EXPECT_EQ(seen[1].key, "key");
}

TEST(GcFilter, IsAskedAboutWhatAnUpdateDeletes) {
  Doc writer({.client_id = ClientId{1}});
  writer.get_text("t").insert(0, "secret");
  int asked = 0;
  DocOptions options{.client_id = ClientId{2}};
  options.gc_filter = [&](const DeletedItem&) {
    ++asked;
    return false;
  };
  Doc reader(std::move(options));
  ASSERT_TRUE(reader.apply_update(writer.encode_state_as_update()));
  const StateVector before = reader.state_vector();
  writer.get_text("t").delete_text(0, 6);
  ASSERT_TRUE(reader.apply_update(writer.encode_state_as_update(before)));
  EXPECT_EQ(asked, 1);
  const Bytes state = reader.encode_state_as_update();
  EXPECT_NE(std::string(state.begin(), state.end()).find("secret"), std::string::npos);
  EXPECT_EQ(reader.get_text("t").length(), 0U);
}

}  // namespace
}  // namespace ycpp
