#include "runnel/net/response_writer.h"

#include "runnel/net/crypto.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace runnel::net {

namespace {

constexpr std::array<std::string_view, 6> kOwnFields{
    "content-length", "connection", "transfer-encoding", "date", "upgrade", "sec-websocket-accept"};

// RFC 6455, 1.3: what a server appends to the client's key before it hashes it.
constexpr std::string_view kWebSocketGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

bool is_own_field(std::string_view name) {
  return std::ranges::any_of(kOwnFields,
                             [&](std::string_view own) { return equals_ignoring_case(own, name); });
}

bool is_writable(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

void append_fields(std::string& text, const HttpHeaders& headers) {
  for (const HttpHeader& field : headers.fields()) {
    if (field.name.empty() || is_own_field(field.name)) continue;
    if (!is_writable(field.name) || !is_writable(field.value)) continue;
    text += field.name;
    text += ": ";
    text += field.value;
    text += "\r\n";
  }
}

void append_status_line(std::string& text, int status) {
  text += "HTTP/1.1 ";
  text += std::to_string(status);
  text += ' ';
  text += status_reason(status);
  text += "\r\n";
}

// 426 says to what (RFC 9110, 15.5.22).
void append_connection(std::string& text, const ResponseHead& head) {
  if (head.status == 426) text += "Upgrade: websocket\r\nConnection: Upgrade\r\n";
  if (!head.is_keep_alive) {
    text += "Connection: close\r\n";
  } else if (!head.is_http11) {
    text += "Connection: keep-alive\r\n";
  }
}

}  // namespace

std::string response_head(const ResponseHead& head) {
  std::string text;
  text.reserve(256);
  append_status_line(text, head.status);
  text += "Date: " + http_date(head.wall_ms) + "\r\n";
  if (head.headers != nullptr) append_fields(text, *head.headers);
  if (head.is_chunked) text += "Transfer-Encoding: chunked\r\n";
  if (head.content_length && head.status != 204) {
    text += "Content-Length: " + std::to_string(*head.content_length) + "\r\n";
  }
  append_connection(text, head);
  text += "\r\n";
  return text;
}

std::string upgrade_head(std::string_view key, std::string_view subprotocol,
                         const HttpHeaders& headers) {
  std::string text;
  append_status_line(text, 101);
  text += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ";
  text += base64_encode(sha1(as_bytes(std::string(key).append(kWebSocketGuid))));
  text += "\r\n";
  if (!subprotocol.empty() && is_writable(subprotocol)) {
    text += "Sec-WebSocket-Protocol: ";
    text += subprotocol;
    text += "\r\n";
  }
  append_fields(text, headers);
  text += "\r\n";
  return text;
}

std::optional<UpgradeProblem> check_upgrade(const HttpRequest& request, bool is_http11) {
  if (request.method != "GET" || !is_http11) {
    return UpgradeProblem{.status = 400, .sentence = "a WebSocket begins with GET and HTTP/1.1"};
  }
  if (!request.headers.has_token("Connection", "upgrade")) {
    return UpgradeProblem{.status = 400, .sentence = "the Connection field does not say Upgrade"};
  }
  if (!request.body.empty()) {
    return UpgradeProblem{.status = 400, .sentence = "a WebSocket handshake has no body"};
  }
  if (request.headers.find("Sec-WebSocket-Version") != "13") {
    return UpgradeProblem{.status = 426, .sentence = "WebSocket version 13 expected"};
  }
  const std::optional<Bytes> key =
      base64_decode(request.headers.find("Sec-WebSocket-Key").value_or(""));
  if (!key || key->size() != 16) {
    return UpgradeProblem{.status = 400, .sentence = "Sec-WebSocket-Key is not 16 bytes in base64"};
  }
  return std::nullopt;
}

std::string http_date(std::int64_t wall_ms) {
  static constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_time instant{std::chrono::milliseconds(wall_ms)};
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(instant - day));
  const auto weekday = std::chrono::weekday(day).c_encoding();
  std::array<char, 40> text{};
  const int written = std::snprintf(
      text.data(), text.size(), "%s, %02u %s %04d %02ld:%02ld:%02ld GMT", kDays.at(weekday),
      static_cast<unsigned>(date.day()), kMonths.at(static_cast<unsigned>(date.month()) - 1),
      static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
      time.seconds().count());
  return {text.data(), static_cast<std::size_t>(std::max(written, 0))};
}

}  // namespace runnel::net
