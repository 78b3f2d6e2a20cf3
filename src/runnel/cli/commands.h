// What the commands do, without their flags. Each returns the exit code and has said what went
// wrong.
#pragma once

#include "runnel/server/config_sources.h"

#include "base/executor.h"

#include <cstdint>
#include <string>

namespace runnel::cli {

enum class RunMode : std::uint8_t { Dev, Serve };

// Until SIGTERM or SIGINT.
[[nodiscard]] int run_server(const server::LoadedConfig& loaded, RunMode mode);

struct RoomChoice {
  std::string name;
  std::string party{"main"};
};

struct RoomsList {
  std::string contains;
  bool deleted{false};
  bool json{false};
};

[[nodiscard]] int list_rooms(const server::LoadedConfig& loaded, const RoomsList& options);
[[nodiscard]] int show_room(const server::LoadedConfig& loaded, const RoomChoice& room);
[[nodiscard]] int export_room(const server::LoadedConfig& loaded, const RoomChoice& room,
                              const std::string& output);
[[nodiscard]] int import_room(const server::LoadedConfig& loaded, const RoomChoice& room,
                              const std::string& input);
[[nodiscard]] int remove_room(const server::LoadedConfig& loaded, const RoomChoice& room);
[[nodiscard]] int compact_room(const server::LoadedConfig& loaded, const RoomChoice& room);

// Copies the data of a running or resting server into `target`, which must not exist.
[[nodiscard]] int backup(const server::LoadedConfig& loaded, const std::string& target);

// Puts a backup into the data directory, which no server may hold; over data that is there only
// with `replace`.
[[nodiscard]] int restore(const server::LoadedConfig& loaded, const std::string& source,
                          bool replace);

// Checks the databases page by page and reports what is damaged.
[[nodiscard]] int verify(const server::LoadedConfig& loaded);

struct TokenRequest {
  std::string room;  // external name: "doc-1", "presence-w1"
  std::string user{"user"};
  std::string name;
  std::string access{"edit"};
  Duration lifetime{std::chrono::minutes{5}};
};

// A two-part HMAC token on standard output.
[[nodiscard]] int mint_token(const server::LoadedConfig& loaded, const TokenRequest& request);

}  // namespace runnel::cli
