// Certificate and settings of a TLS listener. OpenSSL works on the descriptor itself, which keeps
// an idle connection at some 14 KB (Asio's stream: 70 KB).
#pragma once

#include "base/result.h"

#include <memory>
#include <string>

namespace runnel::net {

struct TlsFiles {
  std::string certificate_path;  // PEM, the chain, own certificate first
  std::string key_path;          // PEM
};

struct TlsContextImpl;

// Any thread. Connections keep the certificate that they began with.
class TlsContext {
 public:
  // Fails with a sentence that names the file when one is unreadable or the two do not match.
  static Result<std::unique_ptr<TlsContext>> create(const TlsFiles& files);

  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  TlsContext(TlsContext&&) = delete;
  TlsContext& operator=(TlsContext&&) = delete;
  ~TlsContext();

  // Reads the files again (on SIGHUP). After a failure the old certificate goes on serving.
  Result<void> reload();

  // For the sources of net/ only.
  [[nodiscard]] TlsContextImpl& impl() const { return *impl_; }

 private:
  explicit TlsContext(std::unique_ptr<TlsContextImpl> impl);

  std::unique_ptr<TlsContextImpl> impl_;
};

}  // namespace runnel::net
