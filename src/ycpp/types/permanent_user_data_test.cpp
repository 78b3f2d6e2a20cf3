#include "ycpp/types/permanent_user_data.h"

#include "ycpp/doc/doc.h"
#include "ycpp/types/roots.h"
#include <gtest/gtest.h>

#include <string>

namespace ycpp {
namespace {

constexpr ClientId kOne{1};
constexpr ClientId kTwo{2};
constexpr TransactionOrigin kSecret{5};

void bring(Doc& from, Doc& to) {
  ASSERT_TRUE(to.apply_update(from.encode_state_as_update(to.state_vector())));
}

TEST(PermanentUserData, KnowsWhoWroteAndWhoDeleted) {
  Doc doc({.client_id = kOne});
  PermanentUserData users(doc);
  users.set_user_mapping(kOne, "Ada");
  const Clock first = doc.state_vector().clock(kOne);
  doc.get_text("t").insert(0, "abc");
  doc.get_text("t").delete_text(1, 1);
  EXPECT_EQ(users.get_user_by_client_id(kOne), "Ada");
  EXPECT_FALSE(users.get_user_by_client_id(kTwo).has_value());
  EXPECT_EQ(users.get_user_by_deleted_id({kOne, first + 1}), "Ada");
  EXPECT_FALSE(users.get_user_by_deleted_id({kOne, first}).has_value());

  // It is in the document: whoever opens it knows as much.
  Doc other({.client_id = kTwo});
  const PermanentUserData before(other);
  bring(doc, other);
  const PermanentUserData after(other);
  for (const PermanentUserData* known : {&before, &after}) {
    EXPECT_EQ(known->get_user_by_client_id(kOne), "Ada");
    EXPECT_EQ(known->get_user_by_deleted_id({kOne, first + 1}), "Ada");
  }
}

TEST(PermanentUserData, WritesDownOnlyLocalDeletionsThatTheFilterTakes) {
  Doc doc({.client_id = kOne});
  Doc other({.client_id = kTwo});
  other.get_text("t").insert(0, "xyz");
  bring(other, doc);
  PermanentUserData users(doc);
  users.set_user_mapping(kOne, "Ada", [](const Transaction& transaction, const DeleteSet&) {
    return transaction.transaction_origin != kSecret;
  });
  other.get_text("t").delete_text(0, 1);
  bring(other, doc);
  doc.transact([&](Transaction&) { doc.get_text("t").delete_text(0, 1); }, kSecret);
  doc.get_text("t").delete_text(0, 1);
  EXPECT_FALSE(users.get_user_by_deleted_id({kTwo, 0}).has_value());
  EXPECT_FALSE(users.get_user_by_deleted_id({kTwo, 1}).has_value());
  EXPECT_EQ(users.get_user_by_deleted_id({kTwo, 2}), "Ada");
}

TEST(PermanentUserData, KeepsWhatTwoReplicasWroteOfOneUserAtOnce) {
  Doc one({.client_id = kOne});
  Doc two({.client_id = kTwo});
  PermanentUserData at_one(one);
  PermanentUserData at_two(two);
  at_one.set_user_mapping(kOne, "Ada");
  at_two.set_user_mapping(kTwo, "Ada");
  const Clock first = one.state_vector().clock(kOne);
  one.get_text("t").insert(0, "abc");
  one.get_text("t").delete_text(0, 1);
  for (int round = 0; round < 2; ++round) {
    bring(one, two);
    bring(two, one);
  }
  for (const PermanentUserData* users : {&at_one, &at_two}) {
    EXPECT_EQ(users->get_user_by_client_id(kOne), "Ada");
    EXPECT_EQ(users->get_user_by_client_id(kTwo), "Ada");
    EXPECT_EQ(users->get_user_by_deleted_id({kOne, first}), "Ada");
  }
  // Whoever opens the document later sees only what is in it.
  const PermanentUserData later(two);
  EXPECT_EQ(later.get_user_by_client_id(kOne), "Ada");
  EXPECT_EQ(later.get_user_by_client_id(kTwo), "Ada");
  EXPECT_EQ(later.get_user_by_deleted_id({kOne, first}), "Ada");
}

TEST(PermanentUserData, LeavesAloneWhatOthersWroteThere) {
  Doc doc({.client_id = kOne});
  const Map map = doc.get_map("users");
  map.set("number", 1);
  map.set("empty", new_map());
  map.set("wrong", new_map({{"ids", new_array({"x", -1, 1e300, 0.5})},
                            {"ds", new_array({1, Bytes{9, 9, 9}})}}));
  map.set("texts", new_map({{"ids", new_text("x")}, {"ds", 7}}));
  PermanentUserData users(doc);
  EXPECT_FALSE(users.get_user_by_deleted_id({kOne, 0}).has_value());
  users.set_user_mapping(kOne, "number");
  EXPECT_EQ(users.get_user_by_client_id(kOne), "number");
}

TEST(PermanentUserData, HearsNothingOnceItIsGone) {
  Doc doc({.client_id = kOne});
  {
    PermanentUserData users(doc);
    users.set_user_mapping(kOne, "Ada");
  }
  const std::size_t before = doc.get_map("users").get("Ada")->as_type()->as_map()->size();
  doc.get_text("t").insert(0, "abc");
  doc.get_text("t").delete_text(0, 3);
  const Map ada = *doc.get_map("users").get("Ada")->as_type()->as_map();
  EXPECT_EQ(ada.size(), before);
  EXPECT_EQ(ada.get("ds")->as_type()->as_array()->length(), 0U);
}

}  // namespace
}  // namespace ycpp
