// An HTTP/1.1 request and response as values, and the readings of a request target. Nothing here
// touches a socket; both the server and the client use it.
#pragma once

#include "base/bytes.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runnel::net {

struct HttpHeader {
  std::string name;
  std::string value;
};

// Header fields in order of arrival. Names compare without case (RFC 9110, 5.1).
class HttpHeaders {
 public:
  HttpHeaders() = default;

  HttpHeaders(std::initializer_list<HttpHeader> fields) : fields_(fields) {}

  // Value of the first field of that name.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;

  // Values of all fields of that name joined with ", " (RFC 9110, 5.3); empty without one.
  [[nodiscard]] std::string joined(std::string_view name) const;

  // Whether a comma-separated field holds `token`, compared without case.
  [[nodiscard]] bool has_token(std::string_view name, std::string_view token) const;

  void add(std::string name, std::string value);

  [[nodiscard]] const std::vector<HttpHeader>& fields() const { return fields_; }

 private:
  std::vector<HttpHeader> fields_;
};

struct HttpRequest {
  std::string method;  // as sent: "GET", "OPTIONS", ...
  std::string target;  // as sent, never percent-decoded: "/parties/main/a%20b?_pk=1"
  HttpHeaders headers;
  Bytes body;
  std::string peer_address;    // of the TCP connection, without port; "unix" on a unix socket
  std::string client_address;  // of the client, behind trusted proxies (client_address.h)
  bool is_tls{false};
  bool wants_websocket{false};  // a valid RFC 6455 upgrade; an invalid one was already refused
};

// `body` or, for bytes that many responses share (embedded files), `shared_body`. Content-Length,
// Connection and Date are added when it is sent. Header values with CR, LF or NUL are a bug of the
// caller and are left out.
struct HttpResponse {
  int status{200};
  HttpHeaders headers;
  std::string body;
  SharedBytes shared_body;
};

// What `Authorization: Bearer ...` presents; the scheme compares without case (RFC 9110, 11.1).
[[nodiscard]] std::optional<std::string_view> bearer_token(const HttpRequest& request);

[[nodiscard]] HttpResponse text_response(int status, std::string body);
[[nodiscard]] HttpResponse json_response(int status, std::string body);

// "Not Found" for 404; "Unknown" for numbers without a name.
[[nodiscard]] std::string_view status_reason(int status) noexcept;

struct Target {
  std::string_view path;   // raw; of an absolute-form target the part after the authority
  std::string_view query;  // without '?'; empty when there is none
};

[[nodiscard]] Target split_target(std::string_view target) noexcept;

// Decodes %XX; nothing when an escape is incomplete or not hexadecimal. '+' stays.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

// Encodes everything but RFC 3986 unreserved characters.
[[nodiscard]] std::string percent_encode(std::string_view text);

// First value of a form-encoded query parameter ('+' is a space). An empty value is a value; a
// value whose escapes are broken is returned as it stands, as browsers do.
[[nodiscard]] std::optional<std::string> query_value(std::string_view query, std::string_view name);

// All parameters in order, decoded as in query_value.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> query_values(std::string_view query);

// Case-insensitive comparison of ASCII text.
[[nodiscard]] bool equals_ignoring_case(std::string_view left, std::string_view right) noexcept;

}  // namespace runnel::net
