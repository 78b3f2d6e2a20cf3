#include "runnel/collab/awareness_hub.h"

#include "base/check.h"

#include <algorithm>
#include <span>
#include <utility>

namespace runnel::collab {

using std::chrono::milliseconds;
using ycpp::AwarenessEntry;
using ycpp::AwarenessOutcome;
using ycpp::ClientId;

namespace {

void add_once(std::vector<ClientId>& to, ClientId client) {
  if (std::ranges::find(to, client) == to.end()) to.push_back(client);
}

}  // namespace

AwarenessHub::AwarenessHub(AwarenessOptions options)
    : options_(options),
      awareness_(std::nullopt, {.clients = options.clients, .state_bytes = options.state_bytes}) {}

bool AwarenessHub::Peer::owns(ClientId client) const {
  return std::ranges::find(owned, client) != owned.end();
}

void AwarenessHub::Peer::disown(ClientId client) { std::erase(owned, client); }

void AwarenessHub::join(ConnectionId connection, AwarenessPeer peer) {
  Peer& joined = peers_[connection];
  joined.who = std::move(peer);
  joined.order = ++joins_;
}

void AwarenessHub::set_heartbeat(ConnectionId connection, bool sends_heartbeat) {
  const auto found = peers_.find(connection);
  if (found != peers_.end()) found->second.who.sends_heartbeat = sends_heartbeat;
}

Result<AwarenessEffects> AwarenessHub::receive(ConnectionId connection, ByteView entries,
                                               milliseconds now) {
  const std::vector<AwarenessEntry> decoded = RUNNEL_TRY(ycpp::decode_awareness_update(entries));
  AwarenessEffects effects;
  if (!peers_.contains(connection)) return effects;
  for (const AwarenessEntry& entry : decoded) {
    if (entry.state.size() > options_.state_bytes) {
      return fail(Errc::LimitExceeded,
                  "an awareness state has " + std::to_string(entry.state.size()) +
                      " bytes, over the limit of " + std::to_string(options_.state_bytes));
    }
  }
  for (const AwarenessEntry& entry : decoded) {
    receive_entry(connection, entry, decoded.size() == 1, now, effects);
  }
  return effects;
}

void AwarenessHub::receive_entry(ConnectionId from, const AwarenessEntry& entry, bool alone,
                                 milliseconds now, AwarenessEffects& effects) {
  const auto owner = owners_.find(entry.client);
  if (owner != owners_.end() && owner->second.connection == from) {
    own_entry(entry, now, effects);
  } else if (!alone && peers_.at(from).own != entry.client) {
    // Several at once are what a client has heard of others, and maybe its own new state.
  } else if (owner == owners_.end()) {
    receive_unowned(from, entry, now, effects);
  } else {
    receive_foreign(from, entry, now, effects);
  }
}

void AwarenessHub::receive_unowned(ConnectionId from, const AwarenessEntry& entry, milliseconds now,
                                   AwarenessEffects& effects) {
  Peer& peer = peers_.at(from);
  if (entry.is_null()) return;  // somebody else's farewell, or one's own that is over already
  const bool is_own = !peer.own || *peer.own == entry.client;
  if (!is_own) {
    const auto* known = awareness_.find(entry.client);
    // A tab's state that the room has seen end would be a ghost.
    if (known != nullptr && entry.clock <= known->clock) return;
    if (peer.owned.size() > options_.relayed_per_connection) return;
  }
  if (is_own) peer.own = entry.client;
  add_once(peer.owned, entry.client);
  owners_[entry.client] = {.connection = from, .relayed = !is_own, .clock = 0, .heard = now};
  gone_since_.erase(entry.client);

  const auto* known = awareness_.find(entry.client);
  const bool returned = known != nullptr && !known->state && entry.clock <= known->clock;
  if (returned) {
    owners_[entry.client].clock = known->clock;
    add_once(effects.null_to_sender, entry.client);
    return;
  }
  own_entry(entry, now, effects);
}

void AwarenessHub::receive_foreign(ConnectionId from, const AwarenessEntry& entry, milliseconds now,
                                   AwarenessEffects& effects) {
  Peer& peer = peers_.at(from);
  const bool claims = !peer.own || (peer.own == entry.client && !peer.owns(entry.client));
  if (!claims) return;
  const Owner& owner = owners_.at(entry.client);
  const Peer& holder = peers_.at(owner.connection);
  const bool same_client = !peer.who.key.empty() && peer.who.key == holder.who.key &&
                           peer.who.user_id == holder.who.user_id;
  // What a connection said before its client came back on another one, and was late: if it took
  // the id along, the id would go with it.
  if (same_client && !owner.relayed && peer.order < holder.order) return;
  if (owner.relayed || same_client) {
    take_over(from, entry.client);
    own_entry(entry, now, effects);
    return;
  }
  if (entry.is_null()) {
    drop_claim(from);
    return;
  }
  if (!peer.claim) effects.probe.push_back(owner.connection);
  peer.own = entry.client;
  peer.claim = std::make_unique<AwarenessEntry>(entry);
  claims_[entry.client] = from;
}

void AwarenessHub::drop_claim(ConnectionId connection) {
  Peer& peer = peers_.at(connection);
  if (!peer.claim) return;
  const auto found = claims_.find(peer.claim->client);
  if (found != claims_.end() && found->second == connection) claims_.erase(found);
  peer.claim.reset();
}

void AwarenessHub::take_over(ConnectionId to, ClientId client) {
  Owner& owner = owners_.at(client);
  if (const auto old = peers_.find(owner.connection); old != peers_.end()) {
    old->second.disown(client);
  }
  Peer& peer = peers_.at(to);
  drop_claim(to);
  peer.own = client;
  add_once(peer.owned, client);
  owner.connection = to;
  owner.relayed = false;
}

void AwarenessHub::own_entry(const AwarenessEntry& entry, milliseconds now,
                             AwarenessEffects& effects) {
  Owner& owner = owners_.at(entry.client);
  if (entry.is_null()) {
    own_null(owner, entry, now, effects);
    return;
  }
  const auto* known = awareness_.find(entry.client);
  const ycpp::Clock known_clock = known == nullptr ? 0 : known->clock;
  if (entry.clock > known_clock) {
    owner.clock = entry.clock;
    owner.heard = now;
    apply(entry, now, effects);
    return;
  }
  if (entry.clock <= owner.clock || known == nullptr) {
    // Heard before. Without a state it is a client that came back and has to announce itself anew.
    if (known != nullptr && !known->state) add_once(effects.null_to_sender, entry.client);
    return;
  }
  owner.clock = entry.clock;
  owner.heard = now;
  AwarenessEntry stamped = entry;
  stamped.clock = known_clock + 1;
  effects.tell_sender |= apply(stamped, now, effects);
}

void AwarenessHub::own_null(Owner& owner, const AwarenessEntry& entry, milliseconds now,
                            AwarenessEffects& effects) {
  if (entry.clock < owner.clock) return;
  owner.clock = entry.clock;
  const auto* known = awareness_.find(entry.client);
  if (known == nullptr) return;
  AwarenessEntry stamped = entry;
  // The server may have renewed it meanwhile: others accept a null at the clock they know.
  stamped.clock = std::max(entry.clock, known->clock);
  apply(stamped, now, effects);
}

bool AwarenessHub::apply(const AwarenessEntry& entry, milliseconds now, AwarenessEffects& effects) {
  auto applied = awareness_.apply(std::span(&entry, 1), now);
  if (applied.outcomes.front() == AwarenessOutcome::TooMany && !gone_since_.empty()) {
    // Clocks of those who left give way to those who are here.
    for (const auto& [client, since] : std::exchange(gone_since_, {})) awareness_.forget(client);
    applied = awareness_.apply(std::span(&entry, 1), now);
  }
  switch (applied.outcomes.front()) {
    case AwarenessOutcome::Added:
    case AwarenessOutcome::Changed:
    case AwarenessOutcome::Renewed:
    case AwarenessOutcome::Removed:
      add_once(effects.changed, entry.client);
      return true;
    case AwarenessOutcome::NullForUnknown:
    case AwarenessOutcome::LocalKept:
    case AwarenessOutcome::Stale:
    case AwarenessOutcome::TooMany:
    case AwarenessOutcome::TooLarge:
      return false;
  }
  return false;
}

AwarenessEffects AwarenessHub::leave(ConnectionId connection, milliseconds now) {
  AwarenessEffects effects;
  const auto found = peers_.find(connection);
  if (found == peers_.end()) return effects;
  drop_claim(connection);
  const Peer gone = std::move(found->second);
  peers_.erase(found);
  for (const ClientId client : gone.owned) {
    if (const auto claimant = claims_.find(client); claimant != claims_.end()) {
      const ConnectionId heir = claimant->second;
      const AwarenessEntry* held = peers_.at(heir).claim.get();
      RUNNEL_CHECK(held != nullptr);       // `claims_` names whose it is
      const AwarenessEntry claim = *held;  // taking over lets go of it
      take_over(heir, client);
      // Whatever the lost connection said last, the claimant's word is newer.
      owners_.at(client).clock = 0;
      own_entry(claim, now, effects);
      effects.tell_sender = true;
      continue;
    }
    owners_.erase(client);
    if (awareness_.find(client) != nullptr) gone_since_[client] = now;
    const auto change = awareness_.remove(std::span(&client, 1), now);
    if (!change.removed.empty()) add_once(effects.changed, client);
  }
  return effects;
}

milliseconds AwarenessHub::due_of(ClientId client, const Owner& owner) const {
  const auto* known = awareness_.find(client);
  if (known == nullptr || !known->state) return milliseconds::max();
  if (owner.relayed) return owner.heard + options_.relayed_timeout;
  const bool silent = !peers_.at(owner.connection).who.sends_heartbeat;
  return known->last_updated + (silent ? options_.renew_silent_after : options_.renew_late_after);
}

milliseconds AwarenessHub::next_due(milliseconds now) const {
  milliseconds next = gone_since_.empty() ? milliseconds::max() : now + options_.forget_after;
  for (const auto& [client, owner] : owners_) next = std::min(next, due_of(client, owner));
  return next;
}

AwarenessEffects AwarenessHub::tick(milliseconds now) {
  AwarenessEffects effects;
  std::vector<ClientId> expired;
  for (const auto& [client, owner] : owners_) {
    if (due_of(client, owner) > now) continue;
    if (owner.relayed) {
      expired.push_back(client);
      continue;
    }
    const ycpp::Clock clock = awareness_.find(client)->clock;
    if (awareness_.restamp(client, clock + 1, now)) add_once(effects.changed, client);
  }
  for (const ClientId client : expired) {
    peers_.at(owners_.at(client).connection).disown(client);
    owners_.erase(client);
    gone_since_[client] = now;
    awareness_.remove(std::span(&client, 1), now);
    add_once(effects.changed, client);
  }
  effects.tell_sender = true;  // renewals go to their owners too
  forget_old(now);
  return effects;
}

void AwarenessHub::forget_old(milliseconds now) {
  std::erase_if(gone_since_, [&](const auto& gone) {
    if (now - gone.second < options_.forget_after) return false;
    awareness_.forget(gone.first);
    return true;
  });
}

std::optional<Bytes> AwarenessHub::encode_all() const {
  const std::vector<ClientId> live = awareness_.clients();
  if (live.empty()) return std::nullopt;
  return awareness_.encode(live);
}

bool AwarenessHub::is_owner(ConnectionId connection, ClientId client) const {
  const auto found = owners_.find(client);
  return found != owners_.end() && found->second.connection == connection;
}

std::optional<std::string> AwarenessHub::state_of(ClientId client) const {
  const auto* known = awareness_.find(client);
  return known == nullptr ? std::nullopt : known->state;
}

}  // namespace runnel::collab
