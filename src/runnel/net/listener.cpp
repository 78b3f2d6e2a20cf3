#include "runnel/net/listener.h"

#include "runnel/net/server_impl.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace runnel::net {

namespace {

// Connections that wait to be accepted; the kernel caps it at net.core.somaxconn.
constexpr int kBacklog = 4096;

// Accepted per event, so that a storm of connections does not hold up those that are there.
constexpr int kAcceptsPerEvent = 64;

// After the process ran out of descriptors or memory.
constexpr Duration kAcceptRetry = std::chrono::milliseconds{100};

std::string errno_text() { return std::system_category().message(errno); }

// The socket API takes every kind of address through this type.
template <class Address>
sockaddr* as_sockaddr(Address& address) {
  return reinterpret_cast<sockaddr*>(&address);
}

std::string address_text(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    sockaddr_in ipv4{};
    std::memcpy(&ipv4, &address, sizeof ipv4);
    inet_ntop(AF_INET, &ipv4.sin_addr, text.data(), text.size());
    return text.data();
  }
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, &address, sizeof ipv6);
    inet_ntop(AF_INET6, &ipv6.sin6_addr, text.data(), text.size());
    const std::string_view shown(text.data());
    constexpr std::string_view kMapped = "::ffff:";
    const bool is_mapped = shown.starts_with(kMapped) && shown.contains('.');
    return std::string(is_mapped ? shown.substr(kMapped.size()) : shown);
  }
  return "unix";
}

std::uint16_t bound_port(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, as_sockaddr(address), &size) != 0) return 0;
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, &address, sizeof ipv6);
    return ntohs(ipv6.sin6_port);
  }
  sockaddr_in ipv4{};
  std::memcpy(&ipv4, &address, sizeof ipv4);
  return ntohs(ipv4.sin_port);
}

Result<OwnedFd> bind_tcp(const ListenOptions& options) {
  const bool is_ipv6 = options.host.contains(':');
  OwnedFd fd(::socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return fail(Errc::Unavailable, "cannot make a socket: " + errno_text());
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in ipv4{};
  ipv4.sin_family = AF_INET;
  ipv4.sin_port = htons(options.port);
  sockaddr_in6 ipv6{};
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_port = htons(options.port);
  void* const into = is_ipv6 ? static_cast<void*>(&ipv6.sin6_addr) : &ipv4.sin_addr;
  if (::inet_pton(is_ipv6 ? AF_INET6 : AF_INET, options.host.c_str(), into) != 1) {
    return fail(Errc::Invalid, "'" + options.host +
                                   "' is no address to listen on; expected one like 127.0.0.1, "
                                   "0.0.0.0 or ::");
  }
  const int bound = is_ipv6 ? ::bind(fd.get(), as_sockaddr(ipv6), sizeof ipv6)
                            : ::bind(fd.get(), as_sockaddr(ipv4), sizeof ipv4);
  if (bound != 0) {
    return fail(Errc::Conflict, "cannot listen on " + options.host + " port " +
                                    std::to_string(options.port) + ": " + errno_text());
  }
  return fd;
}

// Whether somebody answers on the unix socket; a file that a crashed process left does not.
bool is_unix_socket_alive(sockaddr_un address) {
  const OwnedFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return probe.get() >= 0 && ::connect(probe.get(), as_sockaddr(address), sizeof address) == 0;
}

Result<OwnedFd> bind_unix(const ListenOptions& options) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (options.unix_path.size() >= sizeof address.sun_path) {
    return fail(Errc::Invalid, "the path of the unix socket '" + options.unix_path +
                                   "' is longer than the system allows; use a shorter directory");
  }
  std::memcpy(address.sun_path, options.unix_path.data(), options.unix_path.size());
  if (is_unix_socket_alive(address)) {
    return fail(Errc::Conflict, "another process listens on " + options.unix_path);
  }
  ::unlink(options.unix_path.c_str());
  OwnedFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0 || ::bind(fd.get(), as_sockaddr(address), sizeof address) != 0) {
    return fail(Errc::Conflict, "cannot listen on " + options.unix_path + ": " + errno_text());
  }
  ::chmod(options.unix_path.c_str(), S_IRUSR | S_IWUSR);
  return fd;
}

}  // namespace

Result<BoundSocket> bind_and_listen(const ListenOptions& options) {
  const bool is_unix = !options.unix_path.empty();
  BoundSocket bound{.fd = RUNNEL_TRY(is_unix ? bind_unix(options) : bind_tcp(options)), .port = 0};
  if (::listen(bound.fd.get(), kBacklog) != 0) {
    return fail(Errc::Conflict, "cannot listen on " + options.host + " port " +
                                    std::to_string(options.port) + ": " + errno_text());
  }
  if (!is_unix) bound.port = bound_port(bound.fd.get());
  return bound;
}

Listener::Listener(HttpServerImpl& server, OwnedFd fd, const ListenOptions& options)
    : server_(server), fd_(std::move(fd)), unix_path_(options.unix_path), tls_(options.tls) {}

Listener::~Listener() {
  server_.loops.at(0).cancel(retry_);
  if (is_started_) server_.loops.at(0).impl().poller.forget(fd_.get());
  if (!unix_path_.empty()) ::unlink(unix_path_.c_str());
}

void Listener::start() {
  is_started_ = true;
  server_.loops.at(0).impl().poller.add(fd_.get(), *this);
  wait();
}

void Listener::wait() { server_.loops.at(0).impl().poller.want_read(fd_.get()); }

void Listener::accept_some() {
  for (int accepted = 0; accepted < kAcceptsPerEvent; ++accepted) {
    if (accept_one()) continue;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      pause();
      return;
    }
    if (errno == EAGAIN) break;
    // A connection that was reset before it was accepted; there may be others.
  }
  wait();
}

bool Listener::accept_one() {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  OwnedFd fd(::accept4(fd_.get(), as_sockaddr(address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd.get() < 0) return false;
  if (address.ss_family != AF_UNIX) {
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  server_.hand_out(std::move(fd), address_text(address), tls_);
  return true;
}

void Listener::pause() {
  retry_ = server_.loops.at(0).after(kAcceptRetry, [this] { accept_some(); });
}

}  // namespace runnel::net
