#include "runnel/net/tls.h"

#include "runnel/net/tls_impl.h"

#include <openssl/err.h>

#include <array>
#include <utility>

namespace runnel::net {

namespace {

// The oldest error of this thread's queue, which is then empty.
std::string openssl_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "no details";
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

// RFC 7301: HTTP/2 is not spoken here, so that a client which offers it is told to use HTTP/1.1.
int choose_http11(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_size,
                  const unsigned char* offered, unsigned offered_size, void* /*unused*/) {
  static constexpr std::array<unsigned char, 9> kHttp11{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  const int result = SSL_select_next_proto(&chosen, out_size, kHttp11.data(), kHttp11.size(),
                                           offered, offered_size);
  *out = chosen;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

Result<SslContextPtr> load(const TlsFiles& files) {
  ERR_clear_error();
  SslContextPtr context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return fail(Errc::Unavailable, "OpenSSL: " + openssl_error());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // A peer must not make us work by renegotiating, and tickets resume without memory of ours.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_http11, nullptr);
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate_path.c_str()) != 1) {
    return fail(Errc::Invalid, "cannot use the certificate in " + files.certificate_path +
                                   " (PEM expected): " + openssl_error());
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key_path.c_str(), SSL_FILETYPE_PEM) != 1) {
    return fail(Errc::Invalid, "cannot use the key in " + files.key_path +
                                   " with the certificate in " + files.certificate_path + ": " +
                                   openssl_error());
  }
  return context;
}

}  // namespace

SslPtr TlsContextImpl::make_connection(int fd) {
  SslPtr ssl;
  {
    const std::scoped_lock lock(mutex);
    ssl.reset(SSL_new(context.get()));
  }
  if (ssl == nullptr || SSL_set_fd(ssl.get(), fd) != 1) return nullptr;
  SSL_set_accept_state(ssl.get());
  return ssl;
}

TlsContext::TlsContext(std::unique_ptr<TlsContextImpl> impl) : impl_(std::move(impl)) {}

TlsContext::~TlsContext() = default;

Result<std::unique_ptr<TlsContext>> TlsContext::create(const TlsFiles& files) {
  auto impl = std::make_unique<TlsContextImpl>();
  impl->files = files;
  impl->context = RUNNEL_TRY(load(files));
  return std::unique_ptr<TlsContext>(new TlsContext(std::move(impl)));
}

Result<void> TlsContext::reload() {
  SslContextPtr fresh = RUNNEL_TRY(load(impl_->files));
  const std::scoped_lock lock(impl_->mutex);
  impl_->context.swap(fresh);
  return {};
}

}  // namespace runnel::net
