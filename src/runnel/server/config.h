// Config: everything an operator can set, typed, with the defaults. `settings.h` knows the keys and
// how each is written, `config_sources.h` where values come from.
//
// Immutable once the server is put together; any thread.
#pragma once

#include "runnel/auth/secret.h"

#include "base/executor.h"
#include "base/limits.h"
#include "base/log.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace runnel::server {

using namespace std::chrono_literals;

struct ListenConfig {
  std::string host{"127.0.0.1"};
  std::uint16_t port{1999};  // 0: any free one
  std::string data_dir{".runnel"};
  std::string tls_cert;
  std::string tls_key;
  std::vector<std::string> trusted_proxies;
  std::vector<std::string> allowed_origins;  // empty: all
  std::uint32_t loops{0};                    // 0: one per core
};

enum class DurabilityChoice : std::uint8_t { Gate, Strict, Fast };

struct StorageConfig {
  DurabilityChoice durability{DurabilityChoice::Gate};
};

enum class PersistMode : std::uint8_t { Snapshot, History, None };

struct RoomsConfig {
  std::vector<std::string> types;  // empty: any
  Duration linger{30s};
  std::string yjs_prefix{"/yjs"};
  PersistMode persist{PersistMode::Snapshot};
  bool gc{true};
  std::uint64_t max_bytes{10'000'000};  // history mode: compacted above
  std::uint64_t max_updates{0};         // history mode; 0: no bound
};

struct SaveConfig {
  Duration interval{30s};
  Duration disconnect_debounce{7s};
  Duration debounce{0};  // 0: off
  Duration max_wait{0};  // 0: off
};

enum class BackendKind : std::uint8_t { Embedded, Http, None };

struct BackendConfig {
  BackendKind kind{BackendKind::Embedded};
  std::string url;
  auth::Secret secret;
  Duration timeout{2s};            // of verify and check-access
  Duration snapshot_timeout{10s};  // of snapshots; a save has one second more for each MiB
  std::string verify_path{"/collaboration/verify"};
  std::string snapshot_path{"/collaboration/snapshot"};
  std::string check_access_path{"/collaboration/check-access"};
  bool legacy_body{false};  // the token also in the body of verify
};

enum class AuthMode : std::uint8_t { Backend, Hmac, Jwt, None };
enum class RejectMode : std::uint8_t { Http, Frame };

struct AuthConfig {
  AuthMode mode{AuthMode::Backend};
  Duration recheck_interval{30s};
  bool fail_open{true};
  RejectMode reject{RejectMode::Http};
  Duration resume_grace{60s};
  auth::Secret secret;     // hmac, and HS256 of jwt; empty: backend.secret
  std::string jwks;        // file or URL
  std::string public_key;  // PEM file
  std::string audience;
  std::string issuer;
  Duration clock_skew{30s};
  std::string room_claim{"room"};
};

struct AdminConfig {
  auth::Secret secret;  // empty: made on the first start, kept in the data directory
};

struct LimitsConfig {
  std::uint64_t message_bytes{limits::kMessageBytes};
  std::uint64_t document_bytes{limits::kDocumentBytes};
  std::uint64_t awareness_bytes{limits::kAwarenessStateBytes};
  std::uint64_t pending_bytes{limits::kPendingBytes};
  std::uint64_t output_queue_bytes{limits::kOutputQueueBytes};
  std::uint64_t connections{100'000};
  std::uint64_t connections_per_room{limits::kConnectionsPerRoom};
  std::uint64_t connections_per_address{1000};
  std::uint64_t handshakes_per_second{100};  // per address, in the long run
};

enum class LogFormat : std::uint8_t { Text, Json };

struct LogConfig {
  LogLevel level{LogLevel::Info};
  LogFormat format{LogFormat::Text};
};

struct Config {
  ListenConfig server;
  StorageConfig storage;
  RoomsConfig rooms;
  SaveConfig save;
  BackendConfig backend;
  AuthConfig auth;
  AdminConfig admin;
  LimitsConfig limits;
  LogConfig log;
};

}  // namespace runnel::server
