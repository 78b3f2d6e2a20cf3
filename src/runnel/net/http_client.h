// Outgoing HTTP requests (the application's backend, webhooks). Behind an interface so that tests
// and the simulator answer them themselves. Retries are the caller's: only it knows what may be
// sent twice.
#pragma once

#include "runnel/net/http_types.h"

#include "base/bytes.h"
#include "base/executor.h"
#include "base/time_source.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace runnel::net {

struct HttpCall {
  std::string method{"GET"};
  std::string url;  // http:// or https://
  HttpHeaders headers{};
  Bytes body{};
  Duration timeout{std::chrono::seconds{2}};  // for all of it, connecting included
  std::size_t response_bytes_max{std::size_t{1} << 20U};
};

enum class HttpOutcome : std::uint8_t {
  Response,       // a complete response; look at `status`
  Timeout,        // no complete response in time; the request may or may not have been carried out
  ConnectFailed,  // name not resolved, connection refused, TLS handshake failed: nothing was sent
  Truncated,      // the connection ended before the response did
  TooLarge,       // more than response_bytes_max
  InvalidCall,    // the URL or a header cannot be sent
  Cancelled       // the client was destroyed first
};

[[nodiscard]] std::string_view http_outcome_name(HttpOutcome outcome) noexcept;

struct HttpReply {
  HttpOutcome outcome{HttpOutcome::Cancelled};
  int status{0};  // 0 unless a status line arrived
  HttpHeaders headers;
  Bytes body;
  std::string detail;  // of a failure, one sentence without secrets or the query of the URL

  [[nodiscard]] bool is_success() const {
    return outcome == HttpOutcome::Response && status >= 200 && status < 300;
  }
};

class HttpClient {
 public:
  using Callback = std::move_only_function<void(HttpReply)>;

  HttpClient() = default;
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  HttpClient(HttpClient&&) = delete;
  HttpClient& operator=(HttpClient&&) = delete;
  virtual ~HttpClient() = default;

  // Sends the request; `callback` runs exactly once on `reply_to`, which outlives this client.
  // Redirects are not followed. Any thread.
  virtual void call(HttpCall call, Executor& reply_to, Callback callback) = 0;
};

struct CurlClientOptions {
  long connections_per_host_max{16};
  std::string user_agent{"runnel"};
  std::string ca_path{};  // PEM file of authorities to trust; empty: the system's
};

// libcurl on a thread of its own, with keep-alive.
[[nodiscard]] std::unique_ptr<HttpClient> make_curl_client(CurlClientOptions options = {});

}  // namespace runnel::net
