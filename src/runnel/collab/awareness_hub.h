// AwarenessHub: who may speak for which awareness id in one room, on top of the plain clock rules
// of ycpp::Awareness. It decides what every entry of every connection means and says what is to be
// sent; it sends nothing and reads no clock.
//
// The rules, in short (DESIGN.md, "Awareness"; docs/formats/control-messages.md has the reasons):
//
// - An id belongs to the connection that announces it alone in a message. A stock client does that
//   first thing after connecting, so the first id that a connection announces is its own; others
//   that it announces alone later are tabs of its browser that it relays. Those are held for it
//   until their own connection announces them, or until they are not renewed for 30 s.
// - Entries of ids that belong to another connection change nothing. If such an entry was a
//   connection's first announcement, the client may have come back before its old connection was
//   found dead: with the same `_pk` and user it takes its id along at once; otherwise the old
//   connection is probed, and when it is gone the id passes to the one who asked.
// - An owner's entry above the known clock counts. One at a clock that only the server reached (by
//   renewing it) is stamped with the next clock. A client that returns to an id whose state is
//   gone, with a clock that is known, is sent its id as null, so that it announces itself again.
// - Ids go when their connection goes. Their clocks are remembered for a while.
#pragma once

#include "base/ids.h"
#include "base/result.h"
#include "ycpp/sync/awareness.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace runnel::collab {

struct AwarenessOptions {
  std::size_t state_bytes{65'536};
  std::size_t clients{10'000};

  // States whose client sends no heartbeat are renewed at that age. Others are too, later than
  // their heartbeat (15 to 18 s) could be and sooner than other clients forget them (30 s):
  // browsers slow the timers of hidden tabs down.
  std::chrono::milliseconds renew_silent_after{15'000};
  std::chrono::milliseconds renew_late_after{21'000};

  // What a connection relayed for another tab and did not renew is removed at that age.
  std::chrono::milliseconds relayed_timeout{30'000};

  // How many ids of other tabs a connection may hold.
  std::size_t relayed_per_connection{16};

  // How long the clock of an id without a state is remembered.
  std::chrono::milliseconds forget_after{600'000};
};

// Who a connection is, as far as ownership of ids depends on it.
struct AwarenessPeer {
  std::string key;  // `_pk`; empty when the dialect has none
  std::string user_id;
  bool sends_heartbeat{true};
};

// What follows from an operation. Ids are in `changed` once, whatever happened to them.
struct AwarenessEffects {
  std::vector<ycpp::ClientId> changed;  // to be sent to everybody in their latest state
  bool tell_sender{false};              // the sender needs `changed` too: its clock was behind
  std::vector<ycpp::ClientId> null_to_sender;
  std::vector<ConnectionId> probe;  // whose owner may be dead
};

class AwarenessHub {
 public:
  explicit AwarenessHub(AwarenessOptions options);

  void join(ConnectionId connection, AwarenessPeer peer);
  void set_heartbeat(ConnectionId connection, bool sends_heartbeat);

  // The entries of an awareness message. Malformed or LimitExceeded: nothing of it was applied.
  Result<AwarenessEffects> receive(ConnectionId connection, ByteView entries,
                                   std::chrono::milliseconds now);

  // The connection is gone, however it went.
  AwarenessEffects leave(ConnectionId connection, std::chrono::milliseconds now);

  // Renews and expires what is due; to be called about once a second while anybody is there.
  AwarenessEffects tick(std::chrono::milliseconds now);

  // When the next `tick` may have something to do.
  [[nodiscard]] std::chrono::milliseconds next_due(std::chrono::milliseconds now) const;

  // Every live state, or nothing when there is none.
  [[nodiscard]] std::optional<Bytes> encode_all() const;

  // The latest state of those ids; a gone one as null.
  [[nodiscard]] Bytes encode(const std::vector<ycpp::ClientId>& clients) const {
    return awareness_.encode(clients);
  }

  [[nodiscard]] std::size_t live_count() const { return awareness_.clients().size(); }

  [[nodiscard]] bool is_owner(ConnectionId connection, ycpp::ClientId client) const;

  // Live state of an id as JSON text; nothing when it has none.
  [[nodiscard]] std::optional<std::string> state_of(ycpp::ClientId client) const;

 private:
  struct Peer {
    AwarenessPeer who;
    std::uint64_t order{0};             // who joined later has more
    std::optional<ycpp::ClientId> own;  // the first id that it announced
    // `own` once it is its, and what it relays for tabs. A vector: it is one id nearly always.
    std::vector<ycpp::ClientId> owned;
    // Its own id, which another connection holds; nearly always null.
    std::unique_ptr<ycpp::AwarenessEntry> claim;

    [[nodiscard]] bool owns(ycpp::ClientId client) const;
    void disown(ycpp::ClientId client);
  };

  struct Owner {
    ConnectionId connection;
    bool relayed{false};                 // held for a tab that has not announced it itself
    ycpp::Clock clock{0};                // highest that the owner has sent, or that it returned to
    std::chrono::milliseconds heard{0};  // last entry of the owner that counted
  };

  void receive_entry(ConnectionId from, const ycpp::AwarenessEntry& entry, bool alone,
                     std::chrono::milliseconds now, AwarenessEffects& effects);
  void receive_unowned(ConnectionId from, const ycpp::AwarenessEntry& entry,
                       std::chrono::milliseconds now, AwarenessEffects& effects);
  void receive_foreign(ConnectionId from, const ycpp::AwarenessEntry& entry,
                       std::chrono::milliseconds now, AwarenessEffects& effects);
  void drop_claim(ConnectionId connection);
  void take_over(ConnectionId to, ycpp::ClientId client);
  void own_entry(const ycpp::AwarenessEntry& entry, std::chrono::milliseconds now,
                 AwarenessEffects& effects);
  void own_null(Owner& owner, const ycpp::AwarenessEntry& entry, std::chrono::milliseconds now,
                AwarenessEffects& effects);
  bool apply(const ycpp::AwarenessEntry& entry, std::chrono::milliseconds now,
             AwarenessEffects& effects);
  [[nodiscard]] std::chrono::milliseconds due_of(ycpp::ClientId client, const Owner& owner) const;
  void forget_old(std::chrono::milliseconds now);

  AwarenessOptions options_;
  ycpp::Awareness awareness_;
  std::uint64_t joins_{0};
  std::map<ConnectionId, Peer> peers_;
  std::map<ycpp::ClientId, Owner> owners_;
  std::map<ycpp::ClientId, ConnectionId> claims_;  // latest peer whose `claim` it is
  std::map<ycpp::ClientId, std::chrono::milliseconds> gone_since_;  // known, without an owner
};

}  // namespace runnel::collab
