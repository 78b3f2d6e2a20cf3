// A shard with Yjs rooms for tests, and a backend that does what the test says.
#pragma once

#include "runnel/collab/offenders.h"
#include "runnel/collab/testing/test_client.h"
#include "runnel/collab/yjs_rooms.h"
#include "runnel/protocol/message.h"
#include "runnel/room/testing/room_fixture.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runnel::collab {

// Source and saver in one; answers when the test says so.
class FakeBackend final : public backend::SnapshotSource, public backend::SnapshotSaver {
 public:
  void load(const RoomId& /*room*/,
            std::move_only_function<void(backend::LoadedSnapshot)> done) override {
    ++loads;
    if (answer) {
      done(*answer);
    } else {
      waiting = std::move(done);
    }
  }

  void save(const RoomId& /*room*/, backend::SnapshotToSave snapshot,
            storage::Completion<void> accepted) override {
    saves.push_back(std::move(snapshot));
    accepted({});
  }

  void listen(const RoomId& /*room*/, Listener new_listener) override {
    listener = std::move(new_listener);
  }

  void note_change(const RoomId& /*room*/) override { ++changes; }

  void forget(const RoomId& /*room*/) override { saves.clear(); }

  [[nodiscard]] storage::Seq saved_seq(const RoomId& /*room*/) const override { return saved; }

  void report(backend::SaveOutcome outcome, storage::Seq seq, std::uint64_t version = 1) {
    const bool has_all =
        outcome == backend::SaveOutcome::Saved || outcome == backend::SaveOutcome::Unchanged;
    if (has_all) saved = seq;
    if (listener) listener({.outcome = outcome, .seq = seq, .snapshot_version = version});
  }

  std::optional<backend::LoadedSnapshot> answer;  // none: it hangs
  std::move_only_function<void(backend::LoadedSnapshot)> waiting;
  std::vector<backend::SnapshotToSave> saves;
  Listener listener;
  storage::Seq saved{0};
  int loads{0};
  int changes{0};
};

struct YjsFixture : room::RoomFixture {
  explicit YjsFixture(CollabOptions collab_options = {}, bool with_backend = false,
                      room::RoomOptions room_options = {})
      : RoomFixture(room_options), options(collab_options) {
    deps.offenders = &offenders;
    deps.metrics = &metrics;
    if (with_backend) {
      deps.source = &backend;
      deps.saver = &backend;
    }
  }

  YjsFixture(const YjsFixture&) = delete;
  YjsFixture& operator=(const YjsFixture&) = delete;
  YjsFixture(YjsFixture&&) = delete;
  YjsFixture& operator=(YjsFixture&&) = delete;

  // What the rooms were given has to outlive them.
  ~YjsFixture() { directory.reset(); }

  // Once `deps` are as the test wants them.
  void open_shop() { add_party("main", yjs_rooms(options, deps)); }

  [[nodiscard]] std::int64_t stat(std::string_view name) const {
    const auto stats = directory->stats(room);
    for (const auto& [field, value] : stats.value_or(room::RoomStats{}).fields) {
      if (field == name) return value;
    }
    return -1;
  }

  // Lets everybody read and answer until nothing moves any more.
  void settle_all(std::initializer_list<TestClient*> clients) {
    for (int round = 0; round < 4; ++round) {
      for (TestClient* client : clients) client->pump();
    }
  }

  CollabOptions options;
  CollabDeps deps;
  CollabMetrics metrics;
  Offenders offenders;
  FakeBackend backend;
  const RoomId room{"main", "doc-1"};
};

// Open from the start, without a backend.
struct Yjs : YjsFixture {
  explicit Yjs(CollabOptions collab_options = {}, room::RoomOptions room_options = {})
      : YjsFixture(collab_options, false, room_options) {
    open_shop();
  }

  [[nodiscard]] std::size_t logged() const { return model.peek(room).tail.size(); }
};

// Two editors who have joined and read all that there was to read.
struct TwoEditors {
  explicit TwoEditors(YjsFixture& yjs) : a(yjs, 1), b(yjs, 2) {
    a.connect(yjs.room);
    b.connect(yjs.room);
    yjs.settle_all({&a, &b});
  }

  TestClient a;
  TestClient b;
};

inline room::ConnectInfo editor(std::string key = "", std::string user_id = "") {
  return {.key = std::move(key),
          .identity = {.user_id = std::move(user_id), .access = AccessLevel::Edit}};
}

inline room::ConnectInfo viewer() { return {.identity = {.access = AccessLevel::View}}; }

}  // namespace runnel::collab
