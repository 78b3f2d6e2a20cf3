// A connected stream socket, plain or TLS, without blocking: reads and writes happen at once or say
// what to wait for. It belongs to one loop; `detach` takes it off and a new Stream on another loop
// goes on with it, TLS state included.
//
// No buffer is held here: the caller reads into the loop's and OpenSSL releases its own when idle.
#pragma once

#include "runnel/net/loop_impl.h"
#include "runnel/net/output_queue.h"

#include <openssl/ssl.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace runnel::net {

struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

using SslPtr = std::unique_ptr<SSL, SslDeleter>;

// A file descriptor that is closed when nobody took it on.
class OwnedFd {
 public:
  OwnedFd() = default;

  explicit OwnedFd(int fd) noexcept : fd_(fd) {}

  OwnedFd(const OwnedFd&) = delete;
  OwnedFd& operator=(const OwnedFd&) = delete;

  OwnedFd(OwnedFd&& other) noexcept : fd_(other.release()) {}

  OwnedFd& operator=(OwnedFd&& other) noexcept;
  ~OwnedFd();

  [[nodiscard]] int get() const { return fd_; }

  int release() noexcept;

 private:
  int fd_{-1};
};

// A stream between two loops.
struct DetachedStream {
  OwnedFd fd;
  SslPtr ssl;
};

enum class IoStatus : std::uint8_t {
  Done,       // `bytes` were moved; of a handshake: it is complete
  WantRead,   // wait_readable, then again
  WantWrite,  // wait_writable, then again
  Ended,      // the peer finished sending
  Failed      // the connection is broken
};

struct IoResult {
  IoStatus status{IoStatus::Done};
  std::size_t bytes{0};
};

class Stream {
 public:
  Stream() = default;
  Stream(LoopImpl& loop, DetachedStream detached, PollOwner& owner);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  Stream(Stream&& other) noexcept;
  Stream& operator=(Stream&& other) noexcept;
  ~Stream();

  [[nodiscard]] bool is_open() const { return fd_.get() >= 0; }

  [[nodiscard]] bool is_tls() const { return ssl_ != nullptr; }

  // Whoever is called back from now on; the stream moved from one object to another.
  void set_owner(PollOwner& owner) { loop_->poller.set_owner(fd_.get(), owner); }

  // Goes on with the server's side of the TLS handshake; Done at once on a plain stream.
  IoResult handshake();

  IoResult read_some(std::span<std::uint8_t> into);

  // Writes some of the front of `queue` and takes what went off it. On a TLS stream a call that
  // wanted to wait has to be repeated with the same bytes in front; `tls_promised_bytes` says how
  // many.
  IoResult write_front(OutputQueue& queue);

  [[nodiscard]] std::size_t tls_promised_bytes() const { return promised_; }

  // One call of the owner each; asking again while one is outstanding changes nothing.
  void wait_readable();
  void wait_writable();

  // Says that no more will be sent (and, on TLS, that this is the true end).
  void shutdown_write();

  // Takes the descriptor off this loop; callbacks that are outstanding are dropped.
  [[nodiscard]] DetachedStream detach();

  // Closes now. Nothing is called back any more.
  void close();

 private:
  IoResult tls_result(int result);
  IoResult write_tls(std::span<const iovec> parts);
  IoResult write_plain(std::span<const iovec> parts);

  LoopImpl* loop_{nullptr};
  OwnedFd fd_;
  SslPtr ssl_;
  std::size_t promised_{0};
};

}  // namespace runnel::net
