// Heads of HTTP responses as bytes. Pure: the time is an argument.
#pragma once

#include "runnel/net/http_types.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace runnel::net {

struct ResponseHead {
  int status{200};
  const HttpHeaders* headers{nullptr};
  std::optional<std::size_t>
      content_length;  // without it the body is chunked or ends the connection
  bool is_chunked{false};
  bool is_keep_alive{true};
  bool is_http11{true};
  std::int64_t wall_ms{0};
};

// Fields that belong to the connection (Content-Length, Connection, Transfer-Encoding, Date) are
// written here and taken from `headers` never; fields with control bytes are left out.
[[nodiscard]] std::string response_head(const ResponseHead& head);

// The 101 answer to a WebSocket handshake with this Sec-WebSocket-Key.
[[nodiscard]] std::string upgrade_head(std::string_view key, std::string_view subprotocol,
                                       const HttpHeaders& headers);

// Why a request with `Upgrade: websocket` is no RFC 6455 handshake, and how to refuse it.
struct UpgradeProblem {
  int status{400};
  std::string_view sentence;
};

[[nodiscard]] std::optional<UpgradeProblem> check_upgrade(const HttpRequest& request,
                                                          bool is_http11);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).
[[nodiscard]] std::string http_date(std::int64_t wall_ms);

}  // namespace runnel::net
