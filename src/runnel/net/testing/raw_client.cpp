#include "runnel/net/testing/raw_client.h"

#include "base/check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <utility>

namespace runnel::net {

namespace {

constexpr int kDeadlineMs = 20'000;

}  // namespace

struct RawClientTls {
  SSL_CTX* context{nullptr};
  SSL* ssl{nullptr};

  RawClientTls() = default;
  RawClientTls(const RawClientTls&) = delete;
  RawClientTls& operator=(const RawClientTls&) = delete;
  RawClientTls(RawClientTls&&) = delete;
  RawClientTls& operator=(RawClientTls&&) = delete;

  ~RawClientTls() {
    SSL_free(ssl);
    SSL_CTX_free(context);
  }
};

RawClient::RawClient(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  RUNNEL_CHECK(fd_ >= 0);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) close();
}

std::unique_ptr<RawClient> RawClient::to_unix(const std::string& path) {
  std::unique_ptr<RawClient> client(new RawClient());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  client->fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  RUNNEL_CHECK(client->fd_ >= 0);
  if (::connect(client->fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    client->close();
  }
  return client;
}

RawClient::~RawClient() { close(); }

bool RawClient::start_tls() {
  // OpenSSL's writes would otherwise end the test when the server closes first.
  std::signal(SIGPIPE, SIG_IGN);
  tls_ = std::make_unique<RawClientTls>();
  tls_->context = SSL_CTX_new(TLS_client_method());
  tls_->ssl = SSL_new(tls_->context);
  SSL_set_fd(tls_->ssl, fd_);
  return SSL_connect(tls_->ssl) == 1;
}

std::string RawClient::tls_subject() const {
  X509* const certificate = SSL_get1_peer_certificate(tls_->ssl);
  if (certificate == nullptr) return {};
  std::array<char, 256> text{};
  X509_NAME_oneline(X509_get_subject_name(certificate), text.data(), text.size());
  X509_free(certificate);
  return text.data();
}

bool RawClient::send(std::string_view bytes) {
  if (tls_ != nullptr) {
    return SSL_write(tls_->ssl, bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// Waits for more bytes; false at the end of the connection or the deadline.
bool RawClient::fill() {
  std::array<char, 65536> chunk{};
  if (tls_ != nullptr) {
    const int got = SSL_read(tls_->ssl, chunk.data(), chunk.size());
    if (got <= 0) {
      is_ended_ = true;
      return false;
    }
    buffer_.append(chunk.data(), static_cast<std::size_t>(got));
    return true;
  }
  pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
  if (::poll(&waiting, 1, kDeadlineMs) <= 0) return false;
  const ssize_t got = ::recv(fd_, chunk.data(), chunk.size(), 0);
  if (got <= 0) {
    is_ended_ = true;
    return false;
  }
  buffer_.append(chunk.data(), static_cast<std::size_t>(got));
  return true;
}

std::string RawClient::read_until(std::string_view end) {
  std::size_t found = buffer_.find(end);
  while (found == std::string::npos && fill()) found = buffer_.find(end);
  const std::size_t size = found == std::string::npos ? buffer_.size() : found + end.size();
  std::string taken = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return taken;
}

std::string RawClient::read_exactly(std::size_t bytes) {
  while (buffer_.size() < bytes && fill()) {
  }
  std::string taken = buffer_.substr(0, bytes);
  buffer_.erase(0, taken.size());
  return taken;
}

std::string RawClient::read_to_end() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

void RawClient::shutdown_write() { ::shutdown(fd_, SHUT_WR); }

void RawClient::reset() {
  const linger abort{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
  close();
}

void RawClient::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::string RawClient::read_response() {
  std::string response = read_until("\r\n\r\n");
  constexpr std::string_view kLength = "Content-Length: ";
  const std::size_t at = response.find(kLength);
  if (at != std::string::npos) {
    response += read_exactly(std::stoul(response.substr(at + kLength.size())));
  }
  return response;
}

std::string upgrade_request(std::string_view target, std::string_view more_fields) {
  std::string request = "GET " + std::string(target) +
                        " HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: "
                        "keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                        "Sec-WebSocket-Version: 13\r\n";
  request += more_fields;
  return request + "\r\n";
}

}  // namespace runnel::net
