// A blocking TCP client for tests that sends exactly the bytes it is given. Every wait ends after a
// generous deadline, with what had arrived by then.
#pragma once

#include "base/bytes.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace runnel::net {

struct RawClientTls;

class RawClient {
 public:
  // Connects to 127.0.0.1; is_open() is false when nobody listens there.
  explicit RawClient(std::uint16_t port);

  // Connects to a unix socket.
  static std::unique_ptr<RawClient> to_unix(const std::string& path);

  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  RawClient(RawClient&&) = delete;
  RawClient& operator=(RawClient&&) = delete;
  ~RawClient();

  [[nodiscard]] bool is_open() const { return fd_ >= 0; }

  // A TLS handshake that trusts anybody; false when it fails. `subject` is then the server's.
  bool start_tls();
  [[nodiscard]] std::string tls_subject() const;

  bool send(std::string_view bytes);

  bool send(ByteView bytes) { return send(as_text(bytes)); }

  // Reads until `end` has come, and returns everything up to and with it; less at the deadline or
  // the end of the connection.
  std::string read_until(std::string_view end);

  std::string read_exactly(std::size_t bytes);

  // Reads until the peer ends the connection. Sets `is_ended`.
  std::string read_to_end();

  // Whether the peer ended the connection, as the last read found.
  [[nodiscard]] bool is_ended() const { return is_ended_; }

  void shutdown_write();

  // Closes so that the peer sees a reset.
  void reset();
  void close();

  // The next HTTP response, head and body by Content-Length.
  std::string read_response();

 private:
  RawClient() = default;

  bool fill();

  int fd_{-1};
  bool is_ended_{false};
  std::string buffer_;
  std::unique_ptr<RawClientTls> tls_;
};

// The 101 handshake's request for `target`.
[[nodiscard]] std::string upgrade_request(std::string_view target,
                                          std::string_view more_fields = "");

}  // namespace runnel::net
