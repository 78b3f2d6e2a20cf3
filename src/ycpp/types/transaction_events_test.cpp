#include "ycpp/doc/doc.h"
#include "ycpp/types/roots.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>
#include <string>
#include <vector>

namespace ycpp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr TransactionOrigin kOrigin{7};

struct Recorder {
  explicit Recorder(Doc& doc) {
    doc.on_before_all_transactions([this](Doc&) { log.emplace_back("before all"); });
    doc.on_before_transaction([this](Transaction&) { log.emplace_back("before"); });
    doc.on_before_observer_calls([this](Transaction&) { log.emplace_back("observers"); });
    doc.on_after_transaction([this](Transaction&) { log.emplace_back("after"); });
    doc.on_after_transaction_cleanup([this](Transaction&) { log.emplace_back("cleanup"); });
    doc.on_update([this](const UpdateEvent&) { log.emplace_back("update"); });
    doc.on_after_all_transactions([this](Doc&, std::span<Transaction* const> all) {
      log.push_back("after all " + std::to_string(all.size()));
    });
  }

  std::vector<std::string> log;
};

TEST(TransactionEvents, ComeInTheOrderOfYjs) {
  Doc doc({.client_id = ClientId{1}});
  Recorder recorder(doc);
  doc.get_text("t").observe([&](Event&, Transaction&) { recorder.log.emplace_back("event"); });
  doc.get_text("t").observe_deep(
      [&](std::vector<Event*>&, Transaction&) { recorder.log.emplace_back("deep"); });
  doc.transact([&](Transaction&) {
    recorder.log.emplace_back("change");
    doc.get_text("t").insert(0, "a");
  });
  EXPECT_THAT(recorder.log, ElementsAre("before all", "before", "change", "observers", "event",
                                        "deep", "after", "cleanup", "update", "after all 1"));
}

TEST(TransactionEvents, SayWhoWasItAndWhatItDid) {
  Doc doc({.client_id = ClientId{1}});
  doc.get_text("t").insert(0, "abc");
  bool is_told = false;
  doc.on_before_transaction([](Transaction& transaction) {
    EXPECT_EQ(transaction.before_state().clock(ClientId{1}), 3U);
    EXPECT_TRUE(transaction.after_state().empty());
  });
  doc.on_after_transaction([&](Transaction& transaction) {
    is_told = true;
    EXPECT_EQ(transaction.transaction_origin, kOrigin);
    EXPECT_TRUE(transaction.local);
    EXPECT_EQ(transaction.doc, &doc);
    EXPECT_TRUE(transaction.delete_set().contains({ClientId{1}, 1}));
    EXPECT_FALSE(transaction.delete_set().contains({ClientId{1}, 0}));
    EXPECT_EQ(transaction.before_state().clock(ClientId{1}), 3U);
    EXPECT_EQ(transaction.after_state().clock(ClientId{1}), 4U);
  });
  doc.transact(
      [&](Transaction&) {
        doc.get_text("t").delete_text(1, 1);
        doc.get_text("t").insert(0, "d");
      },
      kOrigin);
  EXPECT_TRUE(is_told);
}

TEST(TransactionEvents, AnUpdateIsNotLocal) {
  Doc writer({.client_id = ClientId{1}});
  writer.get_text("t").insert(0, "a");
  Doc doc({.client_id = ClientId{2}});
  std::vector<bool> local;
  doc.on_after_transaction([&](Transaction& transaction) { local.push_back(transaction.local); });
  ASSERT_TRUE(doc.apply_update(writer.encode_state_as_update(), kOrigin));
  EXPECT_THAT(local, ElementsAre(false));
}

TEST(TransactionEvents, TransactionsThatAHandlerMakesAreToldApart) {
  Doc doc({.client_id = ClientId{1}});
  const Text text = doc.get_text("t");
  std::vector<StateVector> before;
  std::vector<StateVector> after;
  doc.on_after_transaction([&](Transaction& transaction) {
    if (transaction.transaction_origin == kOrigin) text.insert(0, "bc");
    before.push_back(transaction.before_state());
    after.push_back(transaction.after_state());
  });
  std::vector<Clock> ends;
  doc.on_after_all_transactions([&](Doc&, std::span<Transaction* const> all) {
    const bool is_outer = all.size() == 2;
    if (is_outer) text.insert(0, "d");  // told of while this one is told of the others
    for (const Transaction* one : all) ends.push_back(one->after_state().clock(ClientId{1}));
  });
  doc.transact([&](Transaction&) { text.insert(0, "a"); }, kOrigin);
  ASSERT_EQ(before.size(), 3U);
  EXPECT_EQ(before[0].clock(ClientId{1}), 0U);
  EXPECT_EQ(after[0].clock(ClientId{1}), 1U);
  EXPECT_EQ(before[1].clock(ClientId{1}), 1U);
  EXPECT_EQ(after[1].clock(ClientId{1}), 3U);
  EXPECT_THAT(ends, ElementsAre(4U, 1U, 3U));
}

TEST(TransactionEvents, HandlersMayTakeThemselvesAway) {
  Doc doc({.client_id = ClientId{1}});
  int calls = 0;
  SubscriptionId before;
  SubscriptionId after;
  SubscriptionId all;
  before = doc.on_before_transaction([&](Transaction&) {
    ++calls;
    doc.unsubscribe(before);
  });
  after = doc.on_after_transaction([&](Transaction&) {
    ++calls;
    doc.unsubscribe(after);
  });
  all = doc.on_after_all_transactions([&](Doc&, std::span<Transaction* const>) {
    ++calls;
    doc.unsubscribe(all);
  });
  doc.get_text("t").insert(0, "a");
  doc.get_text("t").insert(0, "b");
  EXPECT_EQ(calls, 3);
}

TEST(TransactionEvents, OfOneWhoLeftAreNotTold) {
  Doc doc({.client_id = ClientId{1}});
  std::vector<std::string> log;
  const SubscriptionId id =
      doc.on_before_observer_calls([&](Transaction&) { log.emplace_back("told"); });
  doc.unsubscribe(id);
  doc.get_text("t").insert(0, "a");
  EXPECT_THAT(log, IsEmpty());
}

}  // namespace
}  // namespace ycpp
