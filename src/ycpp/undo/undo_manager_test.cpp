#include "ycpp/undo/undo_manager.h"

#include "ycpp/encoding/json.h"
#include "ycpp/types/roots.h"
#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace ycpp {
namespace {

constexpr TransactionOrigin kOther{7};

class Undo : public testing::Test {
 protected:
  UndoManager& manage(UndoManagerOptions options = {}) {
    options.now_ms = [this] { return now_ms_; };
    manager_ = std::make_unique<UndoManager>(doc_, std::vector<SharedType>{text_, map_},
                                             std::move(options));
    return *manager_;
  }

  void later() { now_ms_ += 1000; }

  std::uint64_t now_ms_{1};
  Doc doc_{{.client_id = ClientId{1}}};
  Text text_{doc_.get_text("t")};
  Map map_{doc_.get_map("m")};
  std::unique_ptr<UndoManager> manager_;
};

TEST_F(Undo, TakesBackWhatHappenedWithinTheTimeoutAsOneStep) {
  UndoManager& manager = manage();
  text_.insert(0, "a");
  text_.insert(1, "b");
  later();
  text_.insert(2, "c");
  EXPECT_EQ(manager.undo_stack().size(), 2U);
  EXPECT_TRUE(manager.undo().has_value());
  EXPECT_EQ(text_.to_string(), "ab");
  EXPECT_TRUE(manager.undo().has_value());
  EXPECT_EQ(text_.to_string(), "");
  EXPECT_FALSE(manager.undo().has_value());
  EXPECT_TRUE(manager.redo().has_value());
  EXPECT_TRUE(manager.redo().has_value());
  EXPECT_EQ(text_.to_string(), "abc");
}

TEST_F(Undo, LeavesChangesOfOthersAlone) {
  UndoManager& manager = manage();
  text_.insert(0, "mine");
  doc_.transact([&](Transaction&) { text_.insert(2, "-theirs-"); }, kOther);
  EXPECT_TRUE(manager.undo().has_value());
  EXPECT_EQ(text_.to_string(), "-theirs-");
  manager.add_tracked_origin(kOther);
  doc_.transact([&](Transaction&) { text_.delete_text(0, 1); }, kOther);
  EXPECT_TRUE(manager.undo().has_value());
  EXPECT_EQ(text_.to_string(), "-theirs-");
}

TEST_F(Undo, DoesNotOverwriteAKeyThatSomebodyElseHasSetSince) {
  UndoManager& manager = manage();
  map_.set("k", 1);
  later();
  map_.set("k", 2);
  doc_.transact([&](Transaction&) { map_.set("k", "theirs"); }, kOther);
  (void)manager.undo();
  EXPECT_EQ(map_.get("k")->as_string(), "theirs");
}

TEST_F(Undo, BringsANestedTypeBackWithItsContent) {
  UndoManager& manager = manage();
  map_.set("list", new_array({1, new_map({{"k", "v"}})}));
  later();
  map_.remove("list");
  EXPECT_TRUE(manager.undo().has_value());
  EXPECT_EQ(to_json(map_.to_json()), R"({"list":[1,{"k":"v"}]})");
}

TEST_F(Undo, StopCapturingBeginsANewStep) {
  UndoManager& manager = manage();
  text_.insert(0, "a");
  manager.stop_capturing();
  text_.insert(1, "b");
  EXPECT_EQ(manager.undo_stack().size(), 2U);
}

TEST_F(Undo, ANewChangeForgetsWhatCouldBeRedone) {
  UndoManager& manager = manage();
  text_.insert(0, "a");
  EXPECT_TRUE(manager.undo().has_value());
  EXPECT_TRUE(manager.can_redo());
  text_.insert(0, "b");
  EXPECT_FALSE(manager.can_redo());
  manager.clear();
  EXPECT_FALSE(manager.can_undo());
}

TEST_F(Undo, StepsCarryWhatTheApplicationPutsIntoThem) {
  UndoManager& manager = manage();
  manager.on_stack_item_added(
      [](const StackItemEvent& event) { event.item->meta.insert_or_assign("cursor", 5); });
  text_.insert(0, "a");
  const std::optional<StackItem> popped = manager.undo();
  ASSERT_TRUE(popped.has_value());
  EXPECT_EQ(popped->meta.at("cursor"), Any(5));
}

TEST_F(Undo, FiltersDecideWhatCountsAndWhatMayBeDeleted) {
  UndoManagerOptions options;
  options.capture_transaction = [](const Transaction& transaction) {
    return !transaction.touched.empty();
  };
  options.delete_filter = [](Id id) { return id.clock != 0; };
  UndoManager& manager = manage(std::move(options));
  text_.insert(0, "a");
  (void)manager.undo();
  EXPECT_EQ(text_.to_string(), "a");
  text_.delete_text(0, 1);
  EXPECT_FALSE(manager.can_undo());
}

}  // namespace
}  // namespace ycpp
