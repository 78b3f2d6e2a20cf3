// The presence party: who is where in a workspace, as JSON text and without a line of Yjs. Several
// tabs of one user are one person, shown by what its latest tab said. docs/formats/presence.md has
// the messages.
#pragma once

#include "runnel/room/room_handler.h"

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runnel::presence {

// Outcome of an in-band token_refresh: an empty code, or that of the refusal.
using TokenRefresh = std::function<void(ConnectionId connection, std::string token,
                                        std::function<void(std::string code)> done)>;

struct PresenceOptions {
  std::size_t message_bytes{4096};  // of one presence_update
  int malformed_per_minute{20};
  Duration interval{50};       // changes leave at most that often; the first one at once
  TokenRefresh token_refresh;  // none: nobody can renew a token here
};

class PresenceRoom final : public room::RoomHandler {
 public:
  PresenceRoom(room::RoomContext& context, PresenceOptions options)
      : context_(context), options_(std::move(options)) {}

  void on_connect(room::Connection& connection) override;
  void on_message(room::Connection& connection, PayloadKind kind, ByteView payload) override;
  void on_close(room::Connection& connection) override;
  void on_identity_changed(room::Connection& connection) override;
  void on_revoked(room::Connection& connection, std::string_view reason) override;
  void on_request(const room::RoomRequest& request, room::Respond respond) override;
  void describe(std::vector<room::StatField>& fields) const override;

 private:
  // One tab: what it said last, as the JSON object that others see of the user.
  struct Tab {
    std::string user;       // JSON text
    std::uint64_t said{0};  // order among the tabs of the room
  };

  using Tabs = std::map<ConnectionId, Tab>;

  void receive(room::Connection& connection, std::string_view text);
  void update(room::Connection& connection, const boost::json::object& message);
  void refresh(room::Connection& connection, const boost::json::object& message);
  void refuse(room::Connection& connection);
  void forget(room::Connection& connection, const std::string& user_id);
  void changed(const std::string& user_id);
  void schedule_flush();
  void flush();
  [[nodiscard]] static const Tab* latest(const Tabs& tabs);
  [[nodiscard]] std::string snapshot() const;

  room::RoomContext& context_;
  PresenceOptions options_;
  std::map<std::string, Tabs> users_;  // by user id; only those that have said where they are
  std::set<std::string> dirty_;
  bool workspace_changed_{false};  // since the last flush
  std::uint64_t said_{0};
  std::int64_t flushed_ms_{-1'000'000};
  bool flush_scheduled_{false};
};

[[nodiscard]] room::HandlerFactory presence_rooms(PresenceOptions options = {});

}  // namespace runnel::presence
