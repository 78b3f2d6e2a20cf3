// A client: a page with a document of our engine behind a provider that does what the stock ones do
// (y-partykit, y-partyserver, y-websocket): first a SyncStep1 and its own awareness, an answer to
// SyncStep1, every local change as an update, every change of awareness passed on, awareness
// renewed, a dead connection given up after 30 s, a new one after a while.
#pragma once

#include "runnel/protocol/message.h"

#include "base/bytes.h"
#include "base/ids.h"
#include "sim_link.h"
#include "sim_scheduler.h"
#include "ycpp/doc/doc.h"
#include "ycpp/sync/awareness.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace runnel::simulation {

struct SimClientOptions {
  std::uint64_t client_id{1};
  RoomId room;
  protocol::Dialect dialect{protocol::Dialect::YPartyKit};
};

// What a client tells the run, which knows what must not be lost.
struct SimClientEvents {
  // Gets a link to the server; null when there is none at the moment.
  std::function<std::shared_ptr<SimLink>(std::size_t client)> dial;
  // An update that the server sent has reached the client.
  std::function<void(std::size_t client, ByteView update)> delivered;
  // The server says that this change survives the machine.
  std::function<void(std::size_t client, ByteView update)> durable;
  // A control message, as JSON.
  std::function<void(std::size_t client, std::string_view json)> control{
      [](std::size_t /*client*/, std::string_view /*json*/) {}};
};

class SimClient {
 public:
  SimClient(std::size_t index, SimClientOptions options, Scheduler& scheduler,
            SimClientEvents events);

  // Dials, and from then on again whenever the connection is lost.
  void go_online();
  void go_offline();

  // A page that is loaded anew: what it had not sent is lost with it.
  void reload(std::uint64_t client_id);

  void edit();
  void point();  // moves the cursor: a new awareness state

  [[nodiscard]] bool is_online() const { return wants_connection_; }

  [[nodiscard]] bool is_synced() const { return link_ != nullptr && synced_; }

  [[nodiscard]] SimLink* link() { return link_.get(); }

  [[nodiscard]] const SimClientOptions& options() const { return options_; }

  [[nodiscard]] ycpp::Doc& doc() { return *doc_; }

  [[nodiscard]] const ycpp::Awareness& awareness() const { return *awareness_; }

  [[nodiscard]] std::uint64_t silence_closes() const { return silence_closes_; }

 private:
  void dial();
  void lost();
  void close();
  void tick();

  void send(Bytes message) { link_->send_to_server(PayloadKind::Binary, std::move(message)); }

  void send_change(Bytes update, Bytes message);
  void local_change(const Bytes& update);
  void received(PayloadKind kind, ByteView payload);
  void received_binary(ByteView payload);
  void received_update(ByteView update);
  void received_control(std::string_view json);
  void pass_on(const ycpp::AwarenessChange& change);
  [[nodiscard]] std::chrono::milliseconds now() const;

  std::size_t index_;
  SimClientOptions options_;
  Scheduler& scheduler_;
  SimClientEvents events_;
  std::unique_ptr<ycpp::Doc> doc_;
  std::unique_ptr<ycpp::Awareness> awareness_;
  std::uint64_t typed_{0};
  std::uint64_t cursor_{0};
  std::shared_ptr<SimLink> link_;
  bool wants_connection_{false};
  bool synced_{false};
  std::uint64_t generation_{0};  // of the connection
  std::uint64_t page_{0};        // counts reloads
  std::int64_t last_heard_ms_{0};
  std::uint64_t silence_closes_{0};
  std::vector<Bytes> sent_changes_;  // on this connection, as acknowledgements count them
  std::size_t durable_changes_{0};
};

}  // namespace runnel::simulation
