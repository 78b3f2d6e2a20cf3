#include "runnel/net/stream.h"

#include <boost/asio/post.hpp>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace runnel::net {

namespace {

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

Stream::Stream(LoopImpl& loop, DetachedStream detached, StreamOwner& owner)
    : core_(std::make_shared<Core>(loop)) {
  boost::system::error_code failed;
  core_->descriptor.assign(detached.fd.get(), failed);
  // A descriptor that epoll does not take is closed here and reads as a broken connection.
  if (!failed) detached.fd.release();
  core_->ssl = std::move(detached.ssl);
  core_->owner = &owner;
}

Stream& Stream::operator=(Stream&& other) noexcept {
  if (this != &other) {
    close();
    core_ = std::move(other.core_);
    promised_ = std::exchange(other.promised_, 0);
  }
  return *this;
}

Stream::~Stream() { close(); }

IoResult Stream::handshake() {
  if (!is_tls()) return {IoStatus::Done, 0};
  ERR_clear_error();
  const int result = SSL_do_handshake(core_->ssl.get());
  return result == 1 ? IoResult{IoStatus::Done, 0} : tls_result(result);
}

IoResult Stream::read_some(std::span<std::uint8_t> into) {
  if (core_->ssl != nullptr) {
    ERR_clear_error();
    std::size_t bytes = 0;
    const int result = SSL_read_ex(core_->ssl.get(), into.data(), into.size(), &bytes);
    return result == 1 ? IoResult{IoStatus::Done, bytes} : tls_result(result);
  }
  const ssize_t bytes = ::recv(core_->descriptor.native_handle(), into.data(), into.size(), 0);
  if (bytes > 0) return {IoStatus::Done, static_cast<std::size_t>(bytes)};
  if (bytes == 0) return {IoStatus::Ended, 0};
  return errno_result(IoStatus::WantRead);
}

IoResult Stream::write_some(std::span<const iovec> parts) {
  return core_->ssl != nullptr ? write_tls(parts) : write_plain(parts);
}

IoResult Stream::tls_result(int result) {
  switch (SSL_get_error(core_->ssl.get(), result)) {
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
  const std::span<std::uint8_t> record = core_->loop->write_buffer();
  const std::size_t size = std::max(gather(parts, record), promised_);
  ERR_clear_error();
  std::size_t written = 0;
  const int result = SSL_write_ex(core_->ssl.get(), record.data(), size, &written);
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
  const int fd = core_->descriptor.native_handle();
  const std::span<std::uint8_t> together = core_->loop->write_buffer();
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
  if (core_->is_read_awaited) return;
  core_->is_read_awaited = true;
  auto ready = [core = core_](const boost::system::error_code& /*cancelled*/) {
    core->is_read_awaited = false;
    if (core->owner != nullptr) core->owner->on_readable();
  };
  if (core_->ssl != nullptr && SSL_has_pending(core_->ssl.get()) == 1) {
    // OpenSSL has bytes already, of which epoll knows nothing.
    boost::asio::post(core_->loop->io, [ready] { ready({}); });
    return;
  }
  core_->descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_read, ready);
}

void Stream::wait_writable() {
  if (core_->is_write_awaited) return;
  core_->is_write_awaited = true;
  core_->descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                               [core = core_](const boost::system::error_code& /*cancelled*/) {
                                 core->is_write_awaited = false;
                                 if (core->owner != nullptr) core->owner->on_writable();
                               });
}

void Stream::shutdown_write() {
  if (core_->ssl != nullptr) {
    ERR_clear_error();
    SSL_shutdown(core_->ssl.get());
    ERR_clear_error();
  }
  ::shutdown(core_->descriptor.native_handle(), SHUT_WR);
}

DetachedStream Stream::detach() {
  core_->owner = nullptr;
  DetachedStream detached{OwnedFd(core_->descriptor.release()), std::move(core_->ssl)};
  core_.reset();
  return detached;
}

void Stream::close() {
  if (core_ == nullptr) return;
  core_->owner = nullptr;
  boost::system::error_code ignored;
  core_->descriptor.close(ignored);
  core_->ssl.reset();
  core_.reset();
}

}  // namespace runnel::net
