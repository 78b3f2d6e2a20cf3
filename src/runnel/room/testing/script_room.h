// A room for the runtime's own tests: does what its script says and writes down what happens to it;
// and a shard of such rooms.
#pragma once

#include "runnel/room/room_handler.h"
#include "runnel/room/testing/room_fixture.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace runnel::room {

// Outlives every room made from it.
struct Script {
  std::vector<std::string> events;
  int rooms_made{0};
  int rooms_alive{0};

  // What to do; null: the default.
  std::function<void(RoomContext&, Done)> on_start;
  std::function<void(RoomContext&, Connection&)> on_connect;
  std::function<void(RoomContext&, Connection&, const std::string&)> on_message;
  std::function<void(RoomContext&, Done)> on_alarm;
  std::function<void(RoomContext&, EvictReason, Done)> before_evict;

  [[nodiscard]] HandlerFactory factory();
};

class ScriptRoom final : public RoomHandler {
 public:
  ScriptRoom(RoomContext& context, Script& script) : context_(context), script_(script) {
    ++script_.rooms_made;
    ++script_.rooms_alive;
  }

  ScriptRoom(const ScriptRoom&) = delete;
  ScriptRoom& operator=(const ScriptRoom&) = delete;
  ScriptRoom(ScriptRoom&&) = delete;
  ScriptRoom& operator=(ScriptRoom&&) = delete;

  ~ScriptRoom() override { --script_.rooms_alive; }

  void on_start(Done started) override {
    script_.events.emplace_back("start");
    if (script_.on_start) {
      script_.on_start(context_, std::move(started));
    } else {
      started({});
    }
  }

  void on_connect(Connection& connection) override {
    script_.events.push_back("connect " + connection.key());
    if (script_.on_connect) script_.on_connect(context_, connection);
  }

  void on_message(Connection& connection, PayloadKind /*kind*/, ByteView payload) override {
    const std::string text = to_text(payload);
    script_.events.push_back(connection.key() + " says " + text);
    if (script_.on_message) script_.on_message(context_, connection, text);
  }

  void on_close(Connection& connection) override {
    script_.events.push_back("close " + connection.key());
  }

  void on_alarm(Done finished) override {
    script_.events.emplace_back("alarm");
    if (script_.on_alarm) {
      script_.on_alarm(context_, std::move(finished));
    } else {
      finished({});
    }
  }

  void on_request(const RoomRequest& request, Respond respond) override {
    script_.events.push_back("request " + request.method);
    if (request.method == "HANG") return;
    if (request.method == "WRITE") context_.storage().append({.update = request.body}, nullptr);
    respond({.status = 200, .headers = {}, .body = request.body});
  }

  void on_identity_changed(Connection& connection) override {
    script_.events.push_back("identity " + connection.identity().user_id);
  }

  void on_durable(storage::Seq seq) override {
    script_.events.push_back("durable " + std::to_string(seq));
  }

  void before_evict(EvictReason reason, Done done) override {
    script_.events.emplace_back(reason == EvictReason::Idle ? "evict" : "shutdown");
    if (script_.before_evict) {
      script_.before_evict(context_, reason, std::move(done));
    } else {
      done({});
    }
  }

  void on_removed() override { script_.events.emplace_back("removed"); }

  void describe(std::vector<StatField>& fields) const override {
    fields.emplace_back("events", static_cast<std::int64_t>(script_.events.size()));
  }

 private:
  RoomContext& context_;
  Script& script_;
};

inline HandlerFactory Script::factory() {
  return [this](RoomContext& context) { return std::make_unique<ScriptRoom>(context, *this); };
}

struct ScriptedRooms : RoomFixture {
  explicit ScriptedRooms(RoomOptions room_options = {}) : RoomFixture(room_options) {
    add_party("main", script.factory());
  }

  ScriptedRooms(const ScriptedRooms&) = delete;
  ScriptedRooms& operator=(const ScriptedRooms&) = delete;
  ScriptedRooms(ScriptedRooms&&) = delete;
  ScriptedRooms& operator=(ScriptedRooms&&) = delete;

  // The script has to outlive the rooms that follow it.
  ~ScriptedRooms() { directory.reset(); }

  Script script;
  const RoomId room{"main", "r"};
};

}  // namespace runnel::room
