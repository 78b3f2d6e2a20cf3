#include "runnel/net/stream.h"

#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace runnel::net {

namespace {

// Parts of one gathered write; two for each message, its header and its payload.
constexpr std::size_t kGatherParts = 128;

std::size_t total_bytes(std::span<const iovec> parts) {
  std::size_t total = 0;
  for (const iovec& part : parts) total += part.iov_len;
  return total;
}

// Copies the front of `parts` into `into`; returns how much fitted.
std::size_t gather(std::span<const iovec> parts, std::span<std::uint8_t> into) {
  std::size_t used = 0;
  for (const iovec& part : parts) {
    const std::size_t size = std::min(part.iov_len, into.size() - used);
    std::memcpy(into.data() + used, part.iov_base, size);
    used += size;
    if (used == into.size()) break;
  }
  return used;
}

IoResult errno_result(IoStatus want) {
  if (errno == EAGAIN || errno == EINTR) return {want, 0};
  return {IoStatus::Failed, 0};
}

}  // namespace

OwnedFd& OwnedFd::operator=(OwnedFd&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = other.release();
  }
  return *this;
}

OwnedFd::~OwnedFd() {
  if (fd_ >= 0) ::close(fd_);
}

int OwnedFd::release() noexcept { return std::exchange(fd_, -1); }

Stream::Stream(LoopImpl& loop, DetachedStream detached, PollOwner& owner)
    : loop_(&loop), fd_(std::move(detached.fd)), ssl_(std::move(detached.ssl)) {
  if (is_open()) loop_->poller.add(fd_.get(), owner);
}

Stream::Stream(Stream&& other) noexcept = default;

Stream& Stream::operator=(Stream&& other) noexcept {
  if (this != &other) {
    close();
    loop_ = other.loop_;
    fd_ = std::move(other.fd_);
    ssl_ = std::move(other.ssl_);
    promised_ = std::exchange(other.promised_, 0);
  }
  return *this;
}

Stream::~Stream() { close(); }

IoResult Stream::handshake() {
  if (!is_tls()) return {IoStatus::Done, 0};
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  return result == 1 ? IoResult{IoStatus::Done, 0} : tls_result(result);
}

IoResult Stream::read_some(std::span<std::uint8_t> into) {
  if (ssl_ != nullptr) {
    ERR_clear_error();
    std::size_t bytes = 0;
    const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &bytes);
    return result == 1 ? IoResult{IoStatus::Done, bytes} : tls_result(result);
  }
  const ssize_t bytes = ::recv(fd_.get(), into.data(), into.size(), 0);
  if (bytes > 0) return {IoStatus::Done, static_cast<std::size_t>(bytes)};
  if (bytes == 0) return {IoStatus::Ended, 0};
  return errno_result(IoStatus::WantRead);
}

IoResult Stream::write_front(OutputQueue& queue) {
  std::array<iovec, kGatherParts> parts;  // NOLINT(cppcoreguidelines-pro-type-member-init): hot
  const std::span<const iovec> front = std::span(parts).first(queue.gather(parts));
  const IoResult result = ssl_ != nullptr ? write_tls(front) : write_plain(front);
  if (result.status == IoStatus::Done) queue.consume(result.bytes);
  return result;
}

IoResult Stream::tls_result(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {IoStatus::WantRead, 0};
    case SSL_ERROR_WANT_WRITE:
      return {IoStatus::WantWrite, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {IoStatus::Ended, 0};
    default:
      ERR_clear_error();
      return {IoStatus::Failed, 0};
  }
}

IoResult Stream::write_tls(std::span<const iovec> parts) {
  const std::span<std::uint8_t> record = loop_->write_buffer();
  const std::size_t size = std::max(gather(parts, record), promised_);
  ERR_clear_error();
  std::size_t written = 0;
  const int result = SSL_write_ex(ssl_.get(), record.data(), size, &written);
  if (result == 1) {
    promised_ = 0;
    return {IoStatus::Done, written};
  }
  const IoResult outcome = tls_result(result);
  promised_ = size;
  return outcome;
}

// Up to a buffer's worth is copied together: one send() of a copy is cheaper than a sendmsg() that
// walks over many small parts.
IoResult Stream::write_plain(std::span<const iovec> parts) {
  const int fd = fd_.get();
  const std::span<std::uint8_t> together = loop_->write_buffer();
  ssize_t bytes = 0;
  if (parts.size() == 1) {
    bytes = ::send(fd, parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL);
  } else if (total_bytes(parts) <= together.size()) {
    bytes = ::send(fd, together.data(), gather(parts, together), MSG_NOSIGNAL);
  } else {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts.data());
    message.msg_iovlen = parts.size();
    bytes = ::sendmsg(fd, &message, MSG_NOSIGNAL);
  }
  if (bytes >= 0) return {IoStatus::Done, static_cast<std::size_t>(bytes)};
  return errno_result(IoStatus::WantWrite);
}

void Stream::wait_readable() {
  loop_->poller.want_read(fd_.get());
  // OpenSSL may have bytes already, of which epoll knows nothing.
  if (ssl_ != nullptr && SSL_has_pending(ssl_.get()) == 1) loop_->poller.read_is_ready(fd_.get());
}

void Stream::wait_writable() { loop_->poller.want_write(fd_.get()); }

void Stream::shutdown_write() {
  if (ssl_ != nullptr) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  ::shutdown(fd_.get(), SHUT_WR);
}

DetachedStream Stream::detach() {
  if (is_open()) loop_->poller.remove(fd_.get());
  return {std::move(fd_), std::move(ssl_)};
}

void Stream::close() {
  if (!is_open()) return;
  loop_->poller.forget(fd_.get());
  fd_ = OwnedFd();
  ssl_.reset();
}

}  // namespace runnel::net
