// Random lives of a room: people type, delete, go and come back, read slowly; the disk stalls and
// fails, the server dies. Replay one with RUNNEL_SEED=n.
#include "runnel/collab/testing/yjs_fixture.h"

#include "base/random_source.h"
#include "base/testing/test_numbers.h"
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace runnel::collab {
namespace {

constexpr std::uint8_t kClients = 4;

class Life : public YjsFixture {
 public:
  explicit Life(std::uint64_t seed)
      : YjsFixture({.persist = seed % 3 == 0 ? PersistMode::History : PersistMode::Snapshot,
                    .compact_bytes = 200,
                    .awareness_output_bytes = 60,
                    .output_bytes = 120,
                    .slow_timeout = std::chrono::seconds(3)},
                   false, {.linger = std::chrono::milliseconds(300)}),
        dice_(seed) {
    open_shop();
    for (std::uint8_t i = 1; i <= kClients; ++i) {
      clients_.push_back(std::make_unique<TestClient>(*this, i));
    }
  }

  void live(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) step();
  }

  // Everything heals; everybody must come to have the same.
  void converge() {
    store->set_failing(false);
    store->hold(false);
    settle();
    for (auto& client : clients_) {
      if (client->fake == nullptr) continue;
      // Who is connected stays so in every other life: it must not need a reconnect.
      if (client->fake->close_code || dice_.below(2) == 0) {
        drop(*client);
      } else {
        set_reading(*client, true);
      }
    }
    advance(std::chrono::seconds(2));
    for (auto& client : clients_) {
      if (client->fake == nullptr) client->connect(room, editor());
    }
    for (int round = 0; round < 6; ++round) {
      for (auto& client : clients_) client->pump();
      advance(std::chrono::milliseconds(50));
    }
    for (auto& client : clients_) {
      EXPECT_TRUE(client->has_same_document_as(*clients_[0]));
    }
    check_ghosts();
  }

 private:
  void step() {
    // The disk comes back by itself: most of a life is ordinary.
    if (dice_.below(20) == 0) {
      store->set_failing(false);
      store->hold(false);
    }
    TestClient& client = *clients_[dice_.below(kClients)];
    if (client.fake != nullptr && client.fake->close_code) drop(client);
    switch (dice_.below(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
        client.type(std::string(1 + dice_.below(20), 'x'));
        if (dice_.below(2) == 0) settle();
        return;
      case 4:
        if (client.clock_of(own_id(client)) > 0) client.erase(1);
        return;
      case 5:
        if (client.fake != nullptr) client.announce(++announced_, "{}");
        return;
      case 6:
      case 7:
        if (client.fake == nullptr) client.connect(room, editor());
        return;
      case 8:
        if (client.fake != nullptr && dice_.below(4) == 0) drop(client);
        return;
      case 9:
      case 10:
      case 11:
        read(client);
        return;
      case 12:
        if (client.fake != nullptr) set_reading(client, dice_.below(2) != 0);
        return;
      case 13:
        advance(Duration(static_cast<std::int64_t>(dice_.below(120))));
        return;
      case 14:
        if (dice_.below(3) == 0) disturb();
        return;
      default:
        settle();
        return;
    }
  }

  // Where the client is among the others: its own id.
  [[nodiscard]] std::uint64_t own_id(const TestClient& client) const {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      if (clients_[i].get() == &client) return i + 1;
    }
    return 0;
  }

  void read(TestClient& client) {
    if (client.fake != nullptr && client.fake->reads) client.pump();
  }

  static void set_reading(TestClient& client, bool reads) {
    client.fake->reads = reads;
    if (reads) client.fake->buffered_bytes = 0;
  }

  void drop(TestClient& client) { client.disconnect(); }

  void disturb() {
    switch (dice_.below(5)) {
      case 0:
        store->hold(true);
        advance(Duration(static_cast<std::int64_t>(dice_.below(50))));
        return;
      case 1:
      case 2:
        store->hold(false);
        store->set_failing(false);
        return;
      case 3:
        store->set_failing(true);
        return;
      default:
        crash();
        return;
    }
  }

  // The process dies. Whatever somebody had received of somebody else must be there again.
  void crash() {
    std::array<std::uint64_t, kClients + 1> seen{};
    for (std::size_t reader = 0; reader < kClients; ++reader) {
      for (std::uint64_t writer = 1; writer <= kClients; ++writer) {
        if (writer == reader + 1) continue;
        seen.at(writer) = std::max(seen.at(writer), clients_[reader]->clock_of(writer));
      }
    }
    for (auto& client : clients_) client->fake = nullptr;
    restart();
    TestClient fresh(*this, kClients + 1);
    fresh.connect(room, editor());
    fresh.pump();
    for (std::uint64_t writer = 1; writer <= kClients; ++writer) {
      EXPECT_GE(fresh.clock_of(writer), seen.at(writer)) << "of client " << writer;
    }
    fresh.disconnect();
  }

  void check_ghosts() {
    for (auto& client : clients_) drop(*client);
    settle();
    TestClient fresh(*this, kClients + 1);
    fresh.connect(room, editor());
    fresh.pump();
    EXPECT_TRUE(fresh.awareness().clients().empty());
    fresh.disconnect();
  }

  SeededRandom dice_;
  std::vector<std::unique_ptr<TestClient>> clients_;
  std::uint64_t announced_{0};
};

TEST(RandomLife, ConvergesAndLosesNothingThatAnybodySaw) {
  const std::uint64_t replayed = seed_of_run(0);
  const std::uint64_t first = replayed == 0 ? 1 : replayed;
  const std::uint64_t last = replayed == 0 ? 150 : replayed;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    SCOPED_TRACE("RUNNEL_SEED=" + std::to_string(seed));
    Life life(seed);
    life.live(600);
    life.converge();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace runnel::collab
