// The OpenSSL side of a TlsContext, for the sources of net/.
#pragma once

#include "runnel/net/stream.h"
#include "runnel/net/tls.h"

#include <openssl/ssl.h>

#include <memory>
#include <mutex>

namespace runnel::net {

struct SslContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

using SslContextPtr = std::unique_ptr<SSL_CTX, SslContextDeleter>;

struct TlsContextImpl {
  TlsFiles files;
  std::mutex mutex;
  SslContextPtr context;  // guarded by mutex: replaced by reload

  // The TLS state of a new server connection on `fd`; null when OpenSSL has no memory.
  [[nodiscard]] SslPtr make_connection(int fd);
};

}  // namespace runnel::net
