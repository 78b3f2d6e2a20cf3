// RoomHandler: what a kind of room does, in the words of PartyKit. Write one, register its factory
// for a party (RoomDirectory::add_party), and the runtime gives it a room's life: started on
// demand, loaded once, one event at a time, evicted when nobody has been there for a while.
// docs/writing-rooms.md is the guide.
//
// Every call runs on the room's loop and to completion; nothing else runs in the room meanwhile.
// An exception or a failed write breaks this room only.
#pragma once

#include "runnel/room/connection.h"
#include "runnel/room/room_storage.h"

#include "base/bytes.h"
#include "base/executor.h"
#include "base/log.h"
#include "base/random_source.h"
#include "base/result.h"
#include "base/time_source.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runnel::room {

// An HTTP request to a room's path.
struct RoomRequest {
  std::string method;
  std::string uri;       // request target, as it came
  std::string sub_path;  // what follows the room's name, "/more", or empty
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  Bytes body;
  Identity identity;
  bool is_internal{
      false};  // of the server itself (admin API), never set for a request from outside
};

struct RoomResponse {
  int status{200};
  std::vector<std::pair<std::string, std::string>> headers;
  Bytes body;
};

using Respond = std::move_only_function<void(RoomResponse)>;

// Called once, now or later; more calls do nothing.
using Done = std::move_only_function<void(Result<void>)>;

// One number of a room for the admin API and the metrics, such as {"log_bytes", 1234}.
using StatField = std::pair<std::string_view, std::int64_t>;

enum class EvictReason : std::uint8_t { Idle, Shutdown };

// What a handler may use. Outlives the handler.
class RoomContext {
 public:
  RoomContext() = default;
  RoomContext(const RoomContext&) = delete;
  RoomContext& operator=(const RoomContext&) = delete;
  RoomContext(RoomContext&&) = delete;
  RoomContext& operator=(RoomContext&&) = delete;
  virtual ~RoomContext() = default;

  [[nodiscard]] virtual const RoomId& id() const = 0;
  [[nodiscard]] virtual RoomStorage& storage() = 0;
  [[nodiscard]] virtual Log& log() = 0;  // name the room in a field `room`
  [[nodiscard]] virtual const TimeSource& time() const = 0;
  [[nodiscard]] virtual RandomSource& random() = 0;

  // Runs once after `delay`, unless cancelled or the room is gone.
  virtual TimerId after(Duration delay, Task task) = 0;
  virtual void cancel(TimerId timer) = 0;

  // A callback for others to keep: runs as a turn of this room, and not at all once it is gone.
  template <class... Args, class Work>
  [[nodiscard]] std::function<void(Args...)> guard(Work work) {
    return [alive = life(), this, work = std::move(work)](Args... args) {
      if (!alive.expired()) in_turn([&] { work(args...); });
    };
  }

  // Runs at the end of this turn of the loop, unless the room is gone.
  virtual void at_turn_end(Task task) = 0;

  // Every connection that is not closing, in the order in which they came.
  virtual void for_each_connection(const std::function<void(Connection&)>& visit) = 0;
  [[nodiscard]] virtual std::size_t connection_count() const = 0;

  // Null when it is gone. By key: the newest that has it.
  [[nodiscard]] virtual Connection* connection(ConnectionId id) = 0;
  [[nodiscard]] virtual Connection* connection(std::string_view key) = 0;
  [[nodiscard]] virtual std::vector<Connection*> connections_with_tag(std::string_view tag) = 0;

  // To every connection but those in `without`, through the output gate.
  virtual void broadcast(PayloadKind kind, SharedBytes payload,
                         std::span<const ConnectionId> without = {}) = 0;

  // Breaks the room: closed with 1011, loaded again on demand. Returns at once; nothing else is
  // delivered to the handler.
  virtual void fail(Error error) = 0;

 private:
  // Expires with the room.
  [[nodiscard]] virtual std::weak_ptr<void> life() const = 0;
  virtual void in_turn(const std::function<void()>& work) = 0;
};

class RoomHandler {
 public:
  RoomHandler() = default;
  RoomHandler(const RoomHandler&) = delete;
  RoomHandler& operator=(const RoomHandler&) = delete;
  RoomHandler(RoomHandler&&) = delete;
  RoomHandler& operator=(RoomHandler&&) = delete;
  virtual ~RoomHandler() = default;

  // Before anything else. Whatever arrives waits until `started` is called; an error breaks the
  // room, and the next one who comes tries again.
  virtual void on_start(Done started) { started({}); }

  // More names under which connections_with_tag finds the connection, besides its key.
  [[nodiscard]] virtual std::vector<std::string> tags(const ConnectInfo& /*info*/) { return {}; }

  virtual void on_connect(Connection& /*connection*/) {}

  // `payload` is borrowed from the socket until the call returns.
  virtual void on_message(Connection& /*connection*/, PayloadKind /*kind*/, ByteView /*payload*/) {}

  // The connection is out of the lists already and gone after this call.
  virtual void on_close(Connection& /*connection*/) {}

  // The alarm is due. An error (or an exception) has it retried after 2, 4, 8, 16, 32 and 64 s with
  // up to a quarter of jitter, then dropped; a new alarm set meanwhile takes the place of a retry.
  virtual void on_alarm(Done finished) { finished({}); }

  virtual void on_request(const RoomRequest& request, Respond respond);

  // A re-check or a token_refresh gave the connection another identity or access level.
  virtual void on_identity_changed(Connection& /*connection*/) {}

  // Access was taken away; must close the connection. Default: 1008 AUTH_FORBIDDEN.
  virtual void on_revoked(Connection& connection, std::string_view reason);

  // Entries of the log up to `seq` survive the machine.
  virtual void on_durable(storage::Seq /*seq*/) {}

  // The room is about to leave memory. Somebody who comes before `done` is called keeps it there.
  virtual void before_evict(EvictReason /*reason*/, Done done) { done({}); }

  // The room was deleted: a tombstone is written and the connections are closing.
  virtual void on_removed() {}

  virtual void describe(std::vector<StatField>& /*fields*/) const {}
};

using HandlerFactory = std::function<std::unique_ptr<RoomHandler>(RoomContext&)>;

}  // namespace runnel::room
