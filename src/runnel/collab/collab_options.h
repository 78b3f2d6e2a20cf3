// What a Yjs room is told from outside: the operator's settings and the neighbours that it may use.
#pragma once

#include "runnel/backend/room_snapshots.h"
#include "runnel/room/connection.h"

#include "base/counters.h"
#include "base/limits.h"
#include "base/time_source.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace runnel::collab {

class FrozenRooms;
class Offenders;

enum class PersistMode : std::uint8_t {
  Snapshot,  // the log is folded into a full state while the room lives and when it is put away
  History,   // every entry stays with time and author, up to history_bytes and history_updates
  None,      // nothing is written
};

struct CollabOptions {
  PersistMode persist{PersistMode::Snapshot};
  bool gc{true};
  std::size_t history_bytes{0};    // rooms.max_bytes; 0: no bound
  std::size_t history_updates{0};  // rooms.max_updates; 0: no bound

  // Snapshot mode: the log is folded once it is that large and as large as the snapshot.
  std::size_t compact_bytes{std::size_t{1} << 20U};

  std::size_t message_bytes{limits::kMessageBytes};
  std::size_t document_bytes{limits::kDocumentBytes};
  std::size_t pending_bytes{limits::kPendingBytes};

  std::size_t awareness_state_bytes{limits::kAwarenessStateBytes};
  int awareness_per_second{50};  // of one connection; beyond, only the latest counts

  int malformed_per_minute{limits::kMalformedPerMinute};

  // Of one receiver that does not drain: above the first, awareness is coalesced for it; above the
  // second, updates too; after the time it is closed with 1013.
  std::size_t awareness_output_bytes{std::size_t{256} * 1024};
  std::size_t output_bytes{limits::kOutputQueueBytes};
  Duration slow_timeout{std::chrono::seconds(30)};

  Duration keepalive{std::chrono::seconds(20)};  // an empty awareness message after that silence
  Duration tick_max{10};                         // how far a hot room may widen its turn

  Duration save_interval{std::chrono::seconds(30)};
  Duration save_disconnect_debounce{std::chrono::seconds(7)};
  Duration save_debounce{0};  // after the last change; 0: off
  Duration save_max_wait{0};  // after the first change, with save_debounce

  // How long an opening room without a log of its own waits for the backend before it is pending:
  // partysocket gives up at 4 s, and the verification came first.
  Duration open_wait{2000};
};

// Counted over all rooms of a process; written from every loop.
struct CollabMetrics {
  Counter updates_in;   // sync messages that changed a document
  Counter updates_out;  // deliveries of merged updates
  Counter awareness_in;
  Counter awareness_out;
  Counter malformed;          // messages that could not be decoded or were refused
  Counter read_only_refused;  // changes of viewers
  Counter resyncs;            // slow receivers that were sent a difference instead of a queue
  Counter slow_closed;
  Counter compactions;
  Gauge pending_rooms;     // rooms that wait for the backend's word
  Gauge integrated_rooms;  // rooms whose document is in memory as a document
};

// Text that the room does not understand, and `__YPS:` messages, for the application.
using TextHook = std::function<void(const RoomId&, const room::Connection&, std::string_view)>;

// An in-band token_refresh; `done` gets an empty code, or that of the refusal, such as
// AUTH_INVALID.
using TokenRefresh = std::function<void(ConnectionId connection, std::string token,
                                        std::function<void(std::string code)> done)>;

// All of them outlive the rooms; those that are null are not there.
struct CollabDeps {
  backend::SnapshotSource* source{nullptr};
  backend::SnapshotSaver* saver{nullptr};
  Offenders* offenders{nullptr};
  const FrozenRooms* frozen{nullptr};
  CollabMetrics* metrics{nullptr};
  TextHook text_hook;
  TextHook custom_hook;
  TokenRefresh token_refresh;
};

}  // namespace runnel::collab
