// The control messages that rooms send, as JSON text. Their format is
// docs/formats/control-messages.md; how a dialect carries them is the codec's.
#pragma once

#include "runnel/collab/ack_tracker.h"

#include "base/identity.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace runnel::collab {

[[nodiscard]] std::string service_status(bool available, std::string_view degraded_reason = {});
[[nodiscard]] std::string permission_revoked(std::string_view reason);
[[nodiscard]] std::string sync_complete(std::uint64_t snapshot_version);
[[nodiscard]] std::string ack_message(const Ack& ack);
[[nodiscard]] std::string access_level(AccessLevel level, bool frozen = false);
// `level` is what the connection may do now: less than its identity says while the room is frozen.
[[nodiscard]] std::string auth_ok(const Identity& identity, AccessLevel level);

// `code` is one of the table in the format document, such as PERSIST_FAILED.
[[nodiscard]] std::string error_message(std::string_view code, std::string_view detail = {});

// The string `token` of a token_refresh or auth message; nothing when there is none.
[[nodiscard]] std::optional<std::string> token_of(std::string_view json);

}  // namespace runnel::collab
