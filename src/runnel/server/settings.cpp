#include "runnel/server/settings.h"

#include "runnel/server/setting_checks.h"
#include "runnel/server/setting_values.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <utility>

namespace runnel::server {

namespace {

template <class Choice>
struct NamedChoice {
  std::string_view name;
  Choice choice;
};

template <class Choice>
struct Choices;

template <>
struct Choices<DurabilityChoice> {
  static constexpr std::array<NamedChoice<DurabilityChoice>, 3> kAll{
      {{"gate", DurabilityChoice::Gate},
       {"strict", DurabilityChoice::Strict},
       {"fast", DurabilityChoice::Fast}}};
};

template <>
struct Choices<PersistMode> {
  static constexpr std::array<NamedChoice<PersistMode>, 3> kAll{
      {{"snapshot", PersistMode::Snapshot},
       {"history", PersistMode::History},
       {"none", PersistMode::None}}};
};

template <>
struct Choices<BackendKind> {
  static constexpr std::array<NamedChoice<BackendKind>, 3> kAll{
      {{"embedded", BackendKind::Embedded},
       {"http", BackendKind::Http},
       {"none", BackendKind::None}}};
};

template <>
struct Choices<AuthMode> {
  static constexpr std::array<NamedChoice<AuthMode>, 4> kAll{{{"backend", AuthMode::Backend},
                                                              {"hmac", AuthMode::Hmac},
                                                              {"jwt", AuthMode::Jwt},
                                                              {"none", AuthMode::None}}};
};

template <>
struct Choices<RejectMode> {
  static constexpr std::array<NamedChoice<RejectMode>, 2> kAll{
      {{"http", RejectMode::Http}, {"frame", RejectMode::Frame}}};
};

template <>
struct Choices<LogFormat> {
  static constexpr std::array<NamedChoice<LogFormat>, 2> kAll{
      {{"text", LogFormat::Text}, {"json", LogFormat::Json}}};
};

template <>
struct Choices<LogLevel> {
  static constexpr std::array<NamedChoice<LogLevel>, 4> kAll{{{"debug", LogLevel::Debug},
                                                              {"info", LogLevel::Info},
                                                              {"warning", LogLevel::Warning},
                                                              {"error", LogLevel::Error}}};
};

template <class Choice>
Result<void> read(Choice& value, std::string_view text) {
  std::string expected;
  for (const auto& [name, choice] : Choices<Choice>::kAll) {
    if (name == trim(text)) {
      value = choice;
      return {};
    }
    expected += (expected.empty() ? "expected " : ", ") + std::string(name);
  }
  return fail(Errc::Invalid, expected);
}

template <class Choice>
std::string show(const Choice& value) {
  for (const auto& [name, choice] : Choices<Choice>::kAll) {
    if (choice == value) return std::string(name);
  }
  return {};
}

Result<void> read(std::string& value, std::string_view text) {
  value = text;
  return {};
}

std::string show(const std::string& value) { return value; }

Result<void> read(std::vector<std::string>& value, std::string_view text) {
  value = parse_list(text);
  return {};
}

std::string show(const std::vector<std::string>& value) { return format_list(value); }

Result<void> read(auth::Secret& value, std::string_view text) {
  value = auth::Secret(std::string(trim(text)));
  return {};
}

std::string show(const auth::Secret& value) { return value.empty() ? "(not set)" : "(set)"; }

Result<void> read(bool& value, std::string_view text) {
  value = RUNNEL_TRY(parse_switch(text));
  return {};
}

std::string show(const bool& value) { return value ? "true" : "false"; }

Result<void> read(Duration& value, std::string_view text) {
  value = RUNNEL_TRY(parse_duration(text));
  return {};
}

std::string show(const Duration& value) { return format_duration(value); }

Result<void> read(std::uint16_t& value, std::string_view text) {
  value = static_cast<std::uint16_t>(RUNNEL_TRY(parse_number(text, 65'535)));
  return {};
}

std::string show(const std::uint16_t& value) { return std::to_string(value); }

Result<void> read(std::uint32_t& value, std::string_view text) {
  value = static_cast<std::uint32_t>(RUNNEL_TRY(parse_number(text, 1'000'000)));
  return {};
}

std::string show(const std::uint32_t& value) { return std::to_string(value); }

template <class Group, class Value>
Setting setting(std::string_view key, Group Config::* group, Value Group::* field,
                std::string_view meaning) {
  return {key, meaning,
          [group, field](Config& config, std::string_view text) {
            return read((config.*group).*field, text);
          },
          [group, field](const Config& config) { return show((config.*group).*field); }};
}

template <class Group>
Setting size_setting(std::string_view key, Group Config::* group, std::uint64_t Group::* field,
                     std::string_view meaning) {
  return {key, meaning,
          [group, field](Config& config, std::string_view text) -> Result<void> {
            (config.*group).*field = RUNNEL_TRY(parse_bytes(text));
            return {};
          },
          [group, field](const Config& config) { return format_bytes((config.*group).*field); }};
}

template <class Group>
Setting count_setting(std::string_view key, Group Config::* group, std::uint64_t Group::* field,
                      std::string_view meaning) {
  return {key, meaning,
          [group, field](Config& config, std::string_view text) -> Result<void> {
            (config.*group).*field = RUNNEL_TRY(parse_number(text, 1'000'000'000));
            return {};
          },
          [group, field](const Config& config) { return std::to_string((config.*group).*field); }};
}

// The same, and the value has to pass a check as well.
template <class Group, class Value>
Setting checked(Setting typed, Group Config::* group, Value Group::* field,
                Result<void> (*check)(const Value&)) {
  typed.set = [set = std::move(typed.set), group, field, check](
                  Config& config, std::string_view text) -> Result<void> {
    RUNNEL_TRY_VOID(set(config, text));
    return check((config.*group).*field);
  };
  return typed;
}

template <class Group, class Value>
Setting checked_setting(std::string_view key, Group Config::* group, Value Group::* field,
                        Result<void> (*check)(const Value&), std::string_view meaning) {
  return checked(setting(key, group, field, meaning), group, field, check);
}

// A bound, which is never zero.
Setting size_limit(std::string_view key, std::uint64_t LimitsConfig::* field,
                   std::string_view meaning) {
  return checked(size_setting(key, &Config::limits, field, meaning), &Config::limits, field,
                 check_size_bound);
}

Setting count_limit(std::string_view key, std::uint64_t LimitsConfig::* field,
                    std::string_view meaning) {
  return checked(count_setting(key, &Config::limits, field, meaning), &Config::limits, field,
                 check_count_bound);
}

void add_server(std::vector<Setting>& all) {
  using C = Config;
  using S = ListenConfig;
  all.push_back(setting("server.host", &C::server, &S::host, "address to listen on"));
  all.push_back(setting("server.port", &C::server, &S::port, "port to listen on; 0: any free one"));
  all.push_back(setting("server.data_dir", &C::server, &S::data_dir, "where everything is kept"));
  all.push_back(
      setting("server.tls_cert", &C::server, &S::tls_cert, "PEM file: certificate chain"));
  all.push_back(setting("server.tls_key", &C::server, &S::tls_key, "PEM file: private key"));
  all.push_back(checked_setting("server.trusted_proxies", &C::server, &S::trusted_proxies,
                                check_address_blocks,
                                "addresses whose X-Forwarded-For is believed, such as 10.0.0.0/8"));
  all.push_back(checked_setting("server.allowed_origins", &C::server, &S::allowed_origins,
                                check_origins, "origins of pages that may connect; empty: all"));
  all.push_back(checked_setting("server.loops", &C::server, &S::loops, check_loops,
                                "event loops; 0: one per core"));
  all.push_back(setting("storage.durability", &C::storage, &StorageConfig::durability,
                        "what a broadcast waits for: gate (log), strict (disk) or fast (nothing)"));
}

void add_rooms(std::vector<Setting>& all) {
  using C = Config;
  using R = RoomsConfig;
  using S = SaveConfig;
  all.push_back(setting("rooms.types", &C::rooms, &R::types, "allowed types of rooms; empty: any"));
  all.push_back(
      setting("rooms.linger", &C::rooms, &R::linger, "how long an empty room stays open"));
  all.push_back(checked_setting("rooms.yjs_prefix", &C::rooms, &R::yjs_prefix, check_room_prefix,
                                "path of y-websocket rooms"));
  all.push_back(setting("rooms.persist", &C::rooms, &R::persist, "snapshot, history or none"));
  all.push_back(setting("rooms.gc", &C::rooms, &R::gc, "whether deleted content is dropped"));
  all.push_back(size_setting("rooms.max_bytes", &C::rooms, &R::max_bytes,
                             "history: log size above which a room is compacted"));
  all.push_back(count_setting("rooms.max_updates", &C::rooms, &R::max_updates,
                              "history: updates above which a room is compacted; 0: no bound"));
  all.push_back(checked_setting("save.interval", &C::save, &S::interval, check_interval,
                                "how often a changed room is saved to the backend"));
  all.push_back(setting("save.disconnect_debounce", &C::save, &S::disconnect_debounce,
                        "how long after the last leave a room is saved"));
  all.push_back(setting("save.debounce", &C::save, &S::debounce,
                        "save this long after the last change; off: only at intervals"));
  all.push_back(setting("save.max_wait", &C::save, &S::max_wait,
                        "with save.debounce: save at the latest after this"));
}

void add_backend(std::vector<Setting>& all) {
  using C = Config;
  using B = BackendConfig;
  all.push_back(
      setting("backend.kind", &C::backend, &B::kind, "embedded, http (when a url is set) or none"));
  all.push_back(checked_setting("backend.url", &C::backend, &B::url, check_url,
                                "base URL of the application's backend"));
  all.push_back(
      setting("backend.secret", &C::backend, &B::secret, "secret shared with the backend"));
  all.push_back(checked_setting("backend.timeout", &C::backend, &B::timeout, check_timeout,
                                "limit of one call that asks about access"));
  all.push_back(
      checked_setting("backend.snapshot_timeout", &C::backend, &B::snapshot_timeout, check_timeout,
                      "limit of one load or save; a save has a second more for each MiB"));
  all.push_back(checked_setting("backend.verify_path", &C::backend, &B::verify_path, check_path,
                                "path of verify"));
  all.push_back(checked_setting("backend.snapshot_path", &C::backend, &B::snapshot_path, check_path,
                                "path of snapshots"));
  all.push_back(checked_setting("backend.check_access_path", &C::backend, &B::check_access_path,
                                check_path, "path of the access re-check"));
  all.push_back(setting("backend.legacy_body", &C::backend, &B::legacy_body,
                        "whether verify has the token in its body as well"));
}

void add_auth(std::vector<Setting>& all) {
  using C = Config;
  using A = AuthConfig;
  all.push_back(
      setting("auth.mode", &C::auth, &A::mode, "who decides: backend, hmac, jwt or none"));
  all.push_back(setting("auth.recheck_interval", &C::auth, &A::recheck_interval,
                        "how often connected users are re-checked"));
  all.push_back(setting("auth.fail_open", &C::auth, &A::fail_open,
                        "whether users stay while the re-check fails"));
  all.push_back(
      setting("auth.reject", &C::auth, &A::reject, "how refusals are said: http or frame"));
  all.push_back(setting("auth.resume_grace", &C::auth, &A::resume_grace,
                        "how long a lost connection may resume with its used token"));
  all.push_back(setting("auth.secret", &C::auth, &A::secret,
                        "secret of hmac tokens and HS256; not set: backend.secret"));
  all.push_back(setting("auth.jwks", &C::auth, &A::jwks, "jwt: key set, a file or a URL"));
  all.push_back(setting("auth.public_key", &C::auth, &A::public_key, "jwt: PEM file of one key"));
  all.push_back(setting("auth.audience", &C::auth, &A::audience, "jwt: required audience"));
  all.push_back(setting("auth.issuer", &C::auth, &A::issuer, "jwt: required issuer"));
  all.push_back(
      setting("auth.clock_skew", &C::auth, &A::clock_skew, "jwt: tolerance of its times"));
  all.push_back(
      setting("auth.room_claim", &C::auth, &A::room_claim, "jwt: claim that names the room"));
  all.push_back(setting("admin.secret", &C::admin, &AdminConfig::secret,
                        "secret of /v1 and the dashboard; not set: made on the first start"));
}

void add_limits(std::vector<Setting>& all) {
  using C = Config;
  using L = LimitsConfig;
  all.push_back(size_limit("limits.message_bytes", &L::message_bytes, "size of one message"));
  all.push_back(
      size_limit("limits.document_bytes", &L::document_bytes, "size of one document's full state"));
  all.push_back(size_limit("limits.awareness_bytes", &L::awareness_bytes,
                           "size of one client's awareness state"));
  all.push_back(size_limit("limits.pending_bytes", &L::pending_bytes,
                           "size of a room's updates whose dependencies are missing"));
  all.push_back(size_limit("limits.output_queue_bytes", &L::output_queue_bytes,
                           "what waits for a receiver before it is resynchronised"));
  all.push_back(count_limit("limits.connections", &L::connections, "connections to the server"));
  all.push_back(count_limit("limits.connections_per_room", &L::connections_per_room,
                            "connections to one room"));
  all.push_back(count_limit("limits.connections_per_address", &L::connections_per_address,
                            "connections from one client address"));
  all.push_back(count_limit("limits.handshakes_per_second", &L::handshakes_per_second,
                            "handshakes from one client address, in the long run"));
  all.push_back(setting("log.level", &C::log, &LogConfig::level, "debug, info, warning or error"));
  all.push_back(setting("log.format", &C::log, &LogConfig::format, "text or json"));
}

std::vector<Setting> make_settings() {
  std::vector<Setting> all;
  add_server(all);
  add_rooms(all);
  add_backend(all);
  add_auth(all);
  add_limits(all);
  return all;
}

}  // namespace

std::span<const Setting> settings() {
  // Never destroyed, so that nothing has to be torn down in order at exit.
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory)
  static const auto* const all = new std::vector<Setting>(make_settings());
  return *all;
}

const Setting* find_setting(std::string_view key) {
  const auto found = std::ranges::find(settings(), key, &Setting::key);
  return found == settings().end() ? nullptr : &*found;
}

std::string environment_name(std::string_view key) {
  std::string name = "RUNNEL_";
  for (const char c : key) {
    name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

Error unknown_setting(std::string_view key) {
  std::vector<std::string_view> keys;
  for (const Setting& each : settings()) keys.push_back(each.key);
  const std::string_view meant = nearest(key, keys);
  std::string sentence = "there is no setting '" + std::string(key) + "'";
  sentence += meant.empty() ? "; `runnel config` lists all of them"
                            : "; did you mean '" + std::string(meant) + "'?";
  return {Errc::NotFound, std::move(sentence)};
}

}  // namespace runnel::server
