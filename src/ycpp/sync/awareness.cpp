#include "ycpp/sync/awareness.h"

#include "base/check.h"
#include "ycpp/encoding/byte_reader.h"
#include "ycpp/encoding/byte_writer.h"
#include "ycpp/encoding/json.h"

#include <algorithm>
#include <utility>

namespace ycpp {

namespace {

constexpr std::string_view kNull = "null";
constexpr std::string_view kJsonSpace = " \t\r\n";

// Whether JSON text is a null with white space around it.
bool is_null_text(std::string_view json) noexcept {
  const std::size_t first = json.find_first_not_of(kJsonSpace);
  if (first == std::string_view::npos) return false;
  const std::size_t last = json.find_last_not_of(kJsonSpace);
  return json.substr(first, last - first + 1) == kNull;
}

bool same_state(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const Result<Any> left = parse_json(a);
  const Result<Any> right = parse_json(b);
  return left && right && *left == *right;
}

// Clients by the number that stands with each.
std::vector<ClientId> in_order(std::vector<std::pair<std::uint64_t, ClientId>> numbered) {
  std::ranges::sort(numbered);
  std::vector<ClientId> clients;
  clients.reserve(numbered.size());
  for (const auto& [number, client] : numbered) clients.push_back(client);
  return clients;
}

}  // namespace

Result<std::vector<AwarenessEntry>> decode_awareness_update(ByteView update) {
  ByteReader reader{update};
  const std::uint64_t count = reader.var_uint();
  std::vector<AwarenessEntry> entries;
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    const ClientId client{reader.var_uint()};
    const Clock clock = reader.var_uint();
    const std::uint8_t* const start = reader.position();
    const std::string_view state = reader.var_string();
    if (!reader.ok()) break;
    if (!is_json(state)) {
      reader.set_error_at("state is not JSON", start);
      break;
    }
    entries.push_back({.client = client,
                       .clock = clock,
                       .state = std::string(is_null_text(state) ? kNull : state)});
  }
  if (!reader.ok()) return std::unexpected(reader.error("awareness update"));
  return entries;
}

Bytes encode_awareness_entries(std::span<const AwarenessEntry> entries) {
  ByteWriter writer;
  writer.var_uint(entries.size());
  for (const AwarenessEntry& entry : entries) {
    writer.var_uint(entry.client.value());
    writer.var_uint(entry.clock);
    writer.var_string(entry.state);
  }
  return writer.to_bytes();
}

Awareness::Awareness(std::optional<ClientId> local) : Awareness(local, Limits{}) {}

Awareness::Awareness(std::optional<ClientId> local, Limits limits)
    : local_(local), limits_(limits) {}

Result<Awareness::Applied> Awareness::apply(ByteView update, std::chrono::milliseconds now) {
  const std::vector<AwarenessEntry> entries = RUNNEL_TRY(decode_awareness_update(update));
  return apply(entries, now);
}

Awareness::Applied Awareness::apply(std::span<const AwarenessEntry> entries,
                                    std::chrono::milliseconds now) {
  Applied applied;
  applied.outcomes.reserve(entries.size());
  for (const AwarenessEntry& entry : entries) {
    applied.outcomes.push_back(apply_entry(entry, now, applied.change));
  }
  return applied;
}

AwarenessOutcome Awareness::apply_entry(const AwarenessEntry& entry, std::chrono::milliseconds now,
                                        AwarenessChange& change) {
  const auto found = entries_.find(entry.client);
  const bool is_known = found != entries_.end();
  const Clock known_clock = is_known ? found->second.known.clock : 0;
  const bool is_live = is_known && found->second.known.state.has_value();
  const bool is_null = entry.is_null();
  const bool counts =
      known_clock < entry.clock || (known_clock == entry.clock && is_null && is_live);
  if (!counts) return AwarenessOutcome::Stale;
  if (!is_known && entries_.size() >= limits_.clients) return AwarenessOutcome::TooMany;
  if (entry.state.size() > limits_.state_bytes) return AwarenessOutcome::TooLarge;

  Entry& stored = is_known ? found->second : entries_[entry.client];
  if (!is_known) stored.known_since = ++arrivals_;
  stored.known.clock = entry.clock;
  stored.known.last_updated = now;
  if (is_null) {
    if (is_live && local_ == entry.client) {
      // Nobody else may say that we are gone. The higher clock tells them that we are not.
      ++stored.known.clock;
      change.removed.push_back(entry.client);
      return AwarenessOutcome::LocalKept;
    }
    stored.known.state.reset();
    if (!is_known) return AwarenessOutcome::NullForUnknown;
    change.removed.push_back(entry.client);
    return AwarenessOutcome::Removed;
  }
  const bool is_same = stored.known.state && same_state(*stored.known.state, entry.state);
  stored.known.state = entry.state;
  if (!is_live) stored.live_since = ++arrivals_;
  if (!is_known) {
    change.added.push_back(entry.client);
    return AwarenessOutcome::Added;
  }
  change.updated.push_back(entry.client);
  if (is_same) return AwarenessOutcome::Renewed;
  change.changed.push_back(entry.client);
  return AwarenessOutcome::Changed;
}

AwarenessChange Awareness::set_local_state(std::optional<std::string> state,
                                           std::chrono::milliseconds now) {
  RUNNEL_CHECK(local_.has_value());
  if (state && is_null_text(*state)) state.reset();
  RUNNEL_CHECK(!state || is_json(*state));
  const auto [place, is_new] = entries_.try_emplace(*local_);
  Entry& stored = place->second;
  if (is_new) stored.known_since = ++arrivals_;
  AwarenessChange change;
  if (!state) {
    change.removed.push_back(*local_);
  } else if (!stored.known.state) {
    change.added.push_back(*local_);
    stored.live_since = ++arrivals_;
  } else {
    change.updated.push_back(*local_);
    if (!same_state(*stored.known.state, *state)) change.changed.push_back(*local_);
  }
  stored.known.clock = is_new ? 0 : stored.known.clock + 1;
  stored.known.last_updated = now;
  stored.known.state = std::move(state);
  return change;
}

AwarenessChange Awareness::set_local_state_field(std::string_view field, Any value,
                                                 std::chrono::milliseconds now) {
  const std::optional<std::string> state = local_state();
  if (!state.has_value()) return {};
  const Result<Any> parsed = parse_json(*state);
  AnyObject fields;
  if (parsed && parsed->as_object() != nullptr) fields = *parsed->as_object();
  fields.set(field, std::move(value));
  return set_local_state(to_json(Any(std::move(fields))), now);
}

std::optional<std::string> Awareness::local_state() const {
  const Known* known = local_.has_value() ? find(*local_) : nullptr;
  return known == nullptr ? std::nullopt : known->state;
}

AwarenessChange Awareness::remove(std::span<const ClientId> clients,
                                  std::chrono::milliseconds now) {
  AwarenessChange change;
  for (const ClientId client : clients) {
    const auto found = entries_.find(client);
    if (found == entries_.end() || !found->second.known.state) continue;
    Known& known = found->second.known;
    known.state.reset();
    if (client == local_) {
      ++known.clock;
      known.last_updated = now;
    }
    change.removed.push_back(client);
  }
  return change;
}

AwarenessChange Awareness::check_outdated(std::chrono::milliseconds now,
                                          std::chrono::milliseconds timeout) {
  AwarenessChange renewed;
  if (local_) {
    const Known* known = find(*local_);
    if (known != nullptr && known->state && now - known->last_updated >= timeout / 2) {
      renewed = set_local_state(known->state, now);
    }
  }
  std::vector<ClientId> outdated = not_renewed_since(now - timeout);
  if (local_) std::erase(outdated, *local_);
  AwarenessChange change = remove(outdated, now);
  change.updated = std::move(renewed.updated);
  return change;
}

std::vector<ClientId> Awareness::not_renewed_since(std::chrono::milliseconds before) const {
  std::vector<std::pair<std::uint64_t, ClientId>> found;
  for (const auto& [client, entry] : entries_) {
    if (entry.known.state && entry.known.last_updated <= before) {
      found.emplace_back(entry.known_since, client);
    }
  }
  return in_order(std::move(found));
}

bool Awareness::restamp(ClientId client, Clock clock, std::chrono::milliseconds now) {
  const auto found = entries_.find(client);
  if (found == entries_.end()) return false;
  Known& known = found->second.known;
  if (!known.state || clock < known.clock) return false;
  known.clock = clock;
  known.last_updated = now;
  return true;
}

void Awareness::forget(ClientId client) { entries_.erase(client); }

const Awareness::Known* Awareness::find(ClientId client) const noexcept {
  const auto found = entries_.find(client);
  return found == entries_.end() ? nullptr : &found->second.known;
}

std::vector<ClientId> Awareness::clients() const {
  std::vector<std::pair<std::uint64_t, ClientId>> live;
  for (const auto& [client, entry] : entries_) {
    if (entry.known.state) live.emplace_back(entry.live_since, client);
  }
  return in_order(std::move(live));
}

Bytes Awareness::encode(std::span<const ClientId> clients) const {
  const auto is_known = [this](ClientId client) { return find(client) != nullptr; };
  ByteWriter writer;
  writer.var_uint(static_cast<std::uint64_t>(std::ranges::count_if(clients, is_known)));
  for (const ClientId client : clients) {
    const Known* known = find(client);
    if (known == nullptr) continue;
    writer.var_uint(client.value());
    writer.var_uint(known->clock);
    writer.var_string(known->state ? std::string_view{*known->state} : kNull);
  }
  return writer.to_bytes();
}

}  // namespace ycpp
