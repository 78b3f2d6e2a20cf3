// Awareness: who is here and what they show (name, cursor), with the rules of y-protocols 1.0.7. A
// state is any JSON value; null means the client is gone. Not part of the document and never
// stored.
//
// Time is an argument, in milliseconds of any clock that does not go back. One thread. Whether a
// peer may speak for a client is for the caller to decide; this class only keeps the rules of the
// format (docs/formats/awareness.md).
#pragma once

#include "ycpp/encoding/any.h"
#include "ycpp/id.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ycpp {

// One client's entry on the wire.
struct AwarenessEntry {
  ClientId client;
  Clock clock{0};
  std::string state;  // JSON text; "null" for a client that is gone

  [[nodiscard]] bool is_null() const noexcept { return state == "null"; }

  friend bool operator==(const AwarenessEntry&, const AwarenessEntry&) = default;
};

// Reads an awareness update, its JSON checked, nothing applied. White space around a null is gone
// after it, any other state is the text as it came. Bytes after the update are ignored, as
// y-protocols does.
[[nodiscard]] Result<std::vector<AwarenessEntry>> decode_awareness_update(ByteView update);

[[nodiscard]] Bytes encode_awareness_entries(std::span<const AwarenessEntry> entries);

// Clients that an operation touched, in the order of the update. Who listens to what others see
// takes added, changed and removed; who relays takes added, updated and removed.
struct AwarenessChange {
  std::vector<ClientId> added;    // of whom nothing was known before
  std::vector<ClientId> updated;  // announced again, with the same state or another
  std::vector<ClientId> changed;  // those of `updated` whose state is another
  std::vector<ClientId> removed;

  [[nodiscard]] bool empty() const noexcept {
    return added.empty() && updated.empty() && removed.empty();
  }
};

// What became of one entry of an update.
enum class AwarenessOutcome : std::uint8_t {
  Added,           // applied: first word of this client
  Changed,         // applied: another state, or a state after a null
  Renewed,         // applied: the same state at a higher clock
  Removed,         // applied: null
  NullForUnknown,  // clock noted; there was no state and nothing known of the client
  LocalKept,       // null for the own live state: refused, the own clock went up instead
  Stale,           // dropped: the known clock is as high or higher
  TooMany,         // dropped: Limits::clients
  TooLarge,        // dropped: Limits::state_bytes
};

class Awareness {
 public:
  struct Limits {
    std::size_t clients{10'000};      // known clients, those that are gone included
    std::size_t state_bytes{65'536};  // of one state's JSON text
  };

  // What is known of a client.
  struct Known {
    Clock clock{0};
    std::chrono::milliseconds last_updated{0};
    std::optional<std::string> state;  // JSON text; none once the client is gone
  };

  struct Applied {
    AwarenessChange change;
    std::vector<AwarenessOutcome> outcomes;  // one for each entry of the update
  };

  // A server has no client of its own and leaves `local` out.
  explicit Awareness(std::optional<ClientId> local = std::nullopt);
  Awareness(std::optional<ClientId> local, Limits limits);

  [[nodiscard]] std::optional<ClientId> local_client() const noexcept { return local_; }

  // Applies an update by the rules of y-protocols: an entry counts when its clock is above the
  // known one (zero for an unknown client), or equal and it removes a live state. An update that
  // cannot be read changes nothing.
  Result<Applied> apply(ByteView update, std::chrono::milliseconds now);

  // The same for entries already decoded and chosen by the caller; states must be JSON text.
  Applied apply(std::span<const AwarenessEntry> entries, std::chrono::milliseconds now);

  // Sets the local client's state and moves its clock on. Null or none removes it. Requires a local
  // client and JSON text.
  AwarenessChange set_local_state(std::optional<std::string> state, std::chrono::milliseconds now);

  // Sets one member of the local client's state, an object. No effect without a state, as in Yjs.
  AwarenessChange set_local_state_field(std::string_view field, Any value,
                                        std::chrono::milliseconds now);

  // JSON text; nothing without a local client or a state of it.
  [[nodiscard]] std::optional<std::string> local_state() const;

  // Removes states; only the local client's clock goes up, so others accept the same null from
  // whoever they hear it first.
  AwarenessChange remove(std::span<const ClientId> clients, std::chrono::milliseconds now);

  // What y-protocols does every three seconds: announces a local state again that is half the
  // timeout old, and removes those of others that are as old as the timeout.
  AwarenessChange check_outdated(std::chrono::milliseconds now,
                                 std::chrono::milliseconds timeout = kOutdatedTimeout);

  // Clients whose live state was not renewed since `before`, in the order in which they became
  // known.
  [[nodiscard]] std::vector<ClientId> not_renewed_since(std::chrono::milliseconds before) const;

  // Announces a live state again as if its client had: sets clock and time of renewal. False, and
  // nothing is done, when the client has no state or `clock` is below the known one.
  bool restamp(ClientId client, Clock clock, std::chrono::milliseconds now);

  // Drops all that is known of a client, its clock too: it may come back with any clock above zero.
  void forget(ClientId client);

  // Null when nothing is known of the client.
  [[nodiscard]] const Known* find(ClientId client) const noexcept;

  // Clients with a live state, those that came first in front, as the keys of Yjs's `states`.
  [[nodiscard]] std::vector<ClientId> clients() const;

  // An update with these clients; a client without a state is written as null, one of which nothing
  // is known is left out.
  [[nodiscard]] Bytes encode(std::span<const ClientId> clients) const;

  // An update with every live state.
  [[nodiscard]] Bytes encode() const { return encode(clients()); }

  static constexpr std::chrono::milliseconds kOutdatedTimeout{30'000};

 private:
  struct Entry {
    Known known;
    std::uint64_t known_since{0};  // orders clients by when they became known
    std::uint64_t live_since{0};   // orders live states by when they were set first
  };

  AwarenessOutcome apply_entry(const AwarenessEntry& entry, std::chrono::milliseconds now,
                               AwarenessChange& change);

  std::optional<ClientId> local_;
  Limits limits_;
  std::map<ClientId, Entry> entries_;
  std::uint64_t arrivals_{0};  // numbers both orders
};

}  // namespace ycpp
