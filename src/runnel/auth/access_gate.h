// AccessGate: the door of the rooms of one event loop. server/ asks it before every upgrade, tells
// it which connections came of it, and hands on what it says later (AccessListener). It caches
// verdicts, lets clients that come back with a used token resume, bounds refusals, and re-checks
// who is connected. A room's verdicts live on the room's loop, so nothing here is shared.
//
// Verdicts are stored (kind "verdict", docs/formats/access.md): token hash, connection id, room,
// identity and level. The token itself never is.
#pragma once

#include "runnel/auth/access_verifier.h"

#include "base/bytes.h"
#include "base/ids.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

namespace runnel::auth {

// Names the verdict that admitted a connection; empty for anonymous ones, which are not stored.
struct VerdictKey {
  std::string value;

  friend auto operator<=>(const VerdictKey&, const VerdictKey&) = default;
};

struct Admitted {
  Grant grant;
  VerdictKey key;
  bool resumed{false};  // by a stored verdict, without asking
};

using Admission = std::variant<Admitted, Deny, Unknown>;

// What the gate says of connections that are open, on this loop.
class AccessListener {
 public:
  AccessListener() = default;
  AccessListener(const AccessListener&) = delete;
  AccessListener& operator=(const AccessListener&) = delete;
  AccessListener(AccessListener&&) = delete;
  AccessListener& operator=(AccessListener&&) = delete;
  virtual ~AccessListener() = default;

  // Identity or level is another from now on (RoomDirectory::set_identity).
  virtual void identity_changed(ConnectionId connection, const Identity& identity) = 0;

  // Access is gone (RoomDirectory::revoke). `reason` is a sentence for the user.
  virtual void revoked(ConnectionId connection, std::string_view reason) = 0;
};

class AccessGate {
 public:
  using AdmissionDone = std::move_only_function<void(Admission)>;
  using RefreshDone = std::move_only_function<void(Verdict)>;

  AccessGate() = default;
  AccessGate(const AccessGate&) = delete;
  AccessGate& operator=(const AccessGate&) = delete;
  AccessGate(AccessGate&&) = delete;
  AccessGate& operator=(AccessGate&&) = delete;
  virtual ~AccessGate() = default;

  // Before the upgrade. `done` runs exactly once, possibly before this returns.
  virtual void admit(AccessRequest request, AdmissionDone done) = 0;

  // The connection that an Admitted led to is in its room, or will be at once.
  virtual void connected(ConnectionId connection, const RoomId& room, const Admitted& admitted) = 0;

  // It is gone; `resume_grace` starts to run. An id that is not known is no error.
  virtual void disconnected(ConnectionId connection) = 0;

  // An in-band `token_refresh`: verifies the new token for that connection's room and user. Allow
  // renews the connection's verdict and tells the listener when the level changed; anything else
  // leaves the connection as it is. A token of another user is Deny{Forbidden}.
  virtual void refresh(ConnectionId connection, Secret token, RefreshDone done) = 0;

  // Re-checks everybody in the room now; returns how many users are asked about. For
  // POST /v1/rooms/{id}/recheck.
  virtual std::size_t recheck(const RoomId& room) = 0;

  // How long a refusal in frame mode is held back before the connection is closed; grows with the
  // refusals of that address. Bounded.
  [[nodiscard]] virtual Duration refusal_delay(std::string_view address) = 0;
};

}  // namespace runnel::auth
