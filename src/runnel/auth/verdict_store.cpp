#include "runnel/auth/verdict_store.h"

#include "runnel/auth/json.h"
#include "runnel/net/crypto.h"

#include <utility>

namespace runnel::auth {

namespace {

constexpr std::string_view kRecordKind = "verdict";

std::string hash_hex(std::string_view text) { return net::to_hex(net::sha256(as_bytes(text))); }

Identity decode_identity(const json::Object& object) {
  return {.user_id = json::text_or_empty(object, "userId"),
          .user_name = json::text_or_empty(object, "userName"),
          .user_image = json::text_or_empty(object, "userImage"),
          .share_id = json::text_or_empty(object, "shareId"),
          .is_guest = json::boolean(object, "isGuest").value_or(false),
          .access = parse_access_level(json::text_or_empty(object, "accessLevel"))};
}

}  // namespace

VerdictKey verdict_key(const AccessRequest& request) {
  // Names hold no zero byte (RoomId::create), and the token's own hash has one length, so two
  // different requests never give the same text.
  std::string text = hash_hex(request.token.reveal());
  text.push_back('\0');
  text += request.room.party;
  text.push_back('\0');
  text += request.room.name;
  text.push_back('\0');
  text += request.connection_key;
  return {hash_hex(text)};
}

std::string token_hash(const Secret& token) { return hash_hex(token.reveal()); }

std::string denial_key(const RoomId& room, std::string_view token_hash) {
  std::string text(token_hash);
  text.push_back('\0');
  text += room.party;
  text.push_back('\0');
  text += room.name;
  return text;
}

Bytes encode_verdict(const StoredVerdict& verdict) {
  const Identity& identity = verdict.grant.identity;
  json::Object object;
  object["v"] = 1;
  object["party"] = verdict.room.party;
  object["room"] = verdict.room.name;
  object["token"] = verdict.token_hash;
  object["connection"] = verdict.connection_key;
  object["userId"] = identity.user_id;
  object["userName"] = identity.user_name;
  object["userImage"] = identity.user_image;
  object["shareId"] = identity.share_id;
  object["isGuest"] = identity.is_guest;
  object["accessLevel"] = std::string(access_level_name(identity.access));
  object["expires"] = verdict.grant.expires_ms;
  return to_bytes(json::to_string(object));
}

Result<StoredVerdict> decode_verdict(ByteView bytes) {
  const json::Object object = RUNNEL_TRY(json::parse_object(as_text(bytes), "a stored verdict"));
  if (json::integer(object, "v") != 1) {
    return fail(Errc::Corrupt, "a stored verdict has a version that is not known");
  }
  StoredVerdict verdict;
  verdict.room = RUNNEL_TRY(
      RoomId::create(json::text_or_empty(object, "party"), json::text_or_empty(object, "room")));
  verdict.token_hash = json::text_or_empty(object, "token");
  verdict.connection_key = json::text_or_empty(object, "connection");
  verdict.grant = {.identity = decode_identity(object),
                   .expires_ms = json::integer(object, "expires").value_or(0)};
  return verdict;
}

VerdictStore::VerdictStore(storage::RoomStore& store, const TimeSource& time, Log& log,
                           Options options)
    : store_(store),
      time_(time),
      log_(log),
      options_(options),
      self_(std::make_shared<VerdictStore*>(this)) {}

VerdictStore::~VerdictStore() { *self_ = nullptr; }

void VerdictStore::start(std::function<bool(const RoomId&)> is_mine, Task done) {
  store_.list_records(
      std::string(kRecordKind),
      [self = self_, is_mine = std::move(is_mine),
       done = std::move(done)](Result<std::vector<storage::Record>> records) mutable {
        if (*self == nullptr) return;
        if (records) {
          (*self)->load_records(*records, is_mine);
        } else {
          (*self)->log_.error("stored verdicts cannot be read; clients need new tokens",
                              {{"error", to_string(records.error())}});
        }
        done();
      });
}

void VerdictStore::load_records(const std::vector<storage::Record>& records,
                                const std::function<bool(const RoomId&)>& is_mine) {
  for (const storage::Record& record : records) {
    auto verdict = decode_verdict(record.value);
    if (!verdict) {
      log_.warning("a stored verdict is unreadable and is ignored",
                   {{"error", to_string(verdict.error())}});
      continue;
    }
    if (!is_mine(verdict->room) || entries_.contains(record.key)) continue;
    Entry& entry = entries_[record.key];
    entry.verdict = std::move(*verdict);
    set_grace({record.key}, entry);
  }
}

const StoredVerdict* VerdictStore::find(const VerdictKey& key) const {
  const auto found = entries_.find(key.value);
  if (found == entries_.end()) return nullptr;
  const Entry& entry = found->second;
  if (entry.connections == 0 && entry.until_ms <= time_.steady_ms()) return nullptr;
  return &entry.verdict;
}

void VerdictStore::put(const VerdictKey& key, StoredVerdict verdict, Task stored) {
  sweep();
  // Over the bound the verdict that would end first goes. One that carries a connection never does:
  // connections are bounded elsewhere.
  while (entries_.size() >= options_.verdicts_max && !by_end_.empty()) {
    const std::string first = by_end_.begin()->second;
    erase({first});
  }
  Entry& entry = entries_[key.value];
  clear_grace(key, entry);
  entry.verdict = std::move(verdict);
  if (entry.connections == 0) set_grace(key, entry);
  write(key, entry.verdict, std::move(stored));
}

void VerdictStore::write(const VerdictKey& key, const StoredVerdict& verdict, Task stored) {
  storage::Record record{
      .kind = std::string(kRecordKind), .key = key.value, .value = encode_verdict(verdict)};
  store_.put_record(std::move(record),
                    [self = self_, stored = std::move(stored)](Result<void> result) mutable {
                      if (!result && *self != nullptr) {
                        (*self)->log_.warning("a verdict could not be stored",
                                              {{"error", to_string(result.error())}});
                      }
                      if (stored) stored();
                    });
}

void VerdictStore::acquire(const VerdictKey& key) {
  const auto found = entries_.find(key.value);
  if (found == entries_.end()) return;
  clear_grace(key, found->second);
  ++found->second.connections;
}

void VerdictStore::release(const VerdictKey& key) {
  const auto found = entries_.find(key.value);
  if (found == entries_.end() || found->second.connections == 0) return;
  --found->second.connections;
  if (found->second.connections == 0) set_grace(key, found->second);
}

void VerdictStore::replace_grant(const VerdictKey& key, const Grant& grant) {
  const auto found = entries_.find(key.value);
  if (found == entries_.end() || found->second.verdict.grant == grant) return;
  found->second.verdict.grant = grant;
  write(key, found->second.verdict, nullptr);
}

void VerdictStore::erase(const VerdictKey& key) {
  const auto found = entries_.find(key.value);
  if (found == entries_.end()) return;
  clear_grace(key, found->second);
  entries_.erase(found);
  store_.erase_record(std::string(kRecordKind), key.value, [](const Result<void>&) {});
}

std::int64_t VerdictStore::sweep() {
  const std::int64_t now = time_.steady_ms();
  while (!by_end_.empty() && by_end_.begin()->first <= now) {
    const std::string first = by_end_.begin()->second;
    erase({first});
  }
  return by_end_.empty() ? -1 : by_end_.begin()->first;
}

void VerdictStore::set_grace(const VerdictKey& key, Entry& entry) {
  entry.until_ms = time_.steady_ms() + options_.resume_grace.count();
  by_end_.emplace(entry.until_ms, key.value);
}

void VerdictStore::clear_grace(const VerdictKey& key, const Entry& entry) {
  if (entry.connections == 0) by_end_.erase({entry.until_ms, key.value});
}

}  // namespace runnel::auth
