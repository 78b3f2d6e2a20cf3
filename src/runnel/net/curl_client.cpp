// HttpClient over a libcurl multi handle on its own thread. Calls come in through a queue; what
// curl says of a transfer is sorted into HttpOutcome here.
#include "runnel/net/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace runnel::net {

namespace {

// How long one wait for sockets may take; a new call and the destructor end it early.
constexpr int kPollMs = 1000;

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// The process-wide state of libcurl, set up before its first use.
void ensure_global_init() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  std::ignore = done;
}

std::string without_query(std::string_view url) {
  return std::string(url.substr(0, url.find('?')));
}

bool is_sendable(const HttpHeader& field) {
  const auto is_clean = [](std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
  };
  return !field.name.empty() && is_clean(field.name) && is_clean(field.value);
}

struct Transfer {
  HttpCall call;
  Executor* reply_to{nullptr};
  HttpClient::Callback callback;
  HttpReply reply;
  std::unique_ptr<CURL, EasyDeleter> easy;
  std::unique_ptr<curl_slist, ListDeleter> headers;
  bool is_too_large{false};
};

void answer(std::unique_ptr<Transfer> transfer) {
  transfer->reply_to->post(
      [callback = std::move(transfer->callback), reply = std::move(transfer->reply)]() mutable {
        callback(std::move(reply));
      });
}

std::size_t take_body(char* data, std::size_t /*one*/, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.reply.body.size() + size > transfer.call.response_bytes_max) {
    transfer.is_too_large = true;
    return 0;
  }
  const ByteView bytes = as_bytes({data, size});
  transfer.reply.body.insert(transfer.reply.body.end(), bytes.begin(), bytes.end());
  return size;
}

std::size_t take_header(char* data, std::size_t /*one*/, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  std::string_view line(data, size);
  // Each status line starts afresh: an interim response may have come before.
  if (line.starts_with("HTTP/")) {
    transfer.reply.headers = {};
    return size;
  }
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  transfer.reply.headers.add(std::string(line.substr(0, colon)), std::string(value));
  return size;
}

HttpOutcome outcome_of(CURLcode code, const Transfer& transfer) {
  if (transfer.is_too_large) return HttpOutcome::TooLarge;
  switch (code) {
    case CURLE_OK:
      return HttpOutcome::Response;
    case CURLE_OPERATION_TIMEDOUT:
      return HttpOutcome::Timeout;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return HttpOutcome::ConnectFailed;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return HttpOutcome::InvalidCall;
    case CURLE_FILESIZE_EXCEEDED:
      return HttpOutcome::TooLarge;
    default:
      return HttpOutcome::Truncated;
  }
}

class CurlClient final : public HttpClient {
 public:
  explicit CurlClient(CurlClientOptions options) : options_(std::move(options)) {
    ensure_global_init();
    multi_.reset(curl_multi_init());
    curl_multi_setopt(multi_.get(), CURLMOPT_MAX_HOST_CONNECTIONS,
                      options_.connections_per_host_max);
    thread_ = std::thread([this] { run(); });
  }

  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;
  CurlClient(CurlClient&&) = delete;
  CurlClient& operator=(CurlClient&&) = delete;

  ~CurlClient() override {
    is_stopping_.store(true);
    curl_multi_wakeup(multi_.get());
    thread_.join();
  }

  void call(HttpCall call, Executor& reply_to, Callback callback) override {
    auto transfer = std::make_unique<Transfer>();
    transfer->call = std::move(call);
    transfer->reply_to = &reply_to;
    transfer->callback = std::move(callback);
    {
      const std::scoped_lock lock(mutex_);
      queued_.push_back(std::move(transfer));
    }
    curl_multi_wakeup(multi_.get());
  }

 private:
  void run();
  void start_queued();
  void start(std::unique_ptr<Transfer> transfer);
  bool prepare(Transfer& transfer);
  bool set_headers(Transfer& transfer);
  void finish_done();
  void cancel_all();

  CurlClientOptions options_;
  std::unique_ptr<CURLM, MultiDeleter> multi_;
  std::unordered_map<CURL*, std::unique_ptr<Transfer>> running_;  // own thread only
  std::atomic<bool> is_stopping_{false};
  std::mutex mutex_;
  std::vector<std::unique_ptr<Transfer>> queued_;  // guarded by mutex_
  std::thread thread_;
};

void CurlClient::run() {
  while (!is_stopping_.load()) {
    start_queued();
    int still_running = 0;
    curl_multi_perform(multi_.get(), &still_running);
    finish_done();
    curl_multi_poll(multi_.get(), nullptr, 0, kPollMs, nullptr);
  }
  cancel_all();
}

void CurlClient::start_queued() {
  std::vector<std::unique_ptr<Transfer>> batch;
  {
    const std::scoped_lock lock(mutex_);
    batch.swap(queued_);
  }
  for (auto& transfer : batch) start(std::move(transfer));
}

void CurlClient::start(std::unique_ptr<Transfer> transfer) {
  transfer->easy.reset(curl_easy_init());
  if (!prepare(*transfer)) {
    transfer->reply.outcome = HttpOutcome::InvalidCall;
    transfer->reply.detail = "a request to " + without_query(transfer->call.url) +
                             " has a method or header that cannot be sent";
    answer(std::move(transfer));
    return;
  }
  CURL* const easy = transfer->easy.get();
  running_.emplace(easy, std::move(transfer));
  curl_multi_add_handle(multi_.get(), easy);
}

bool CurlClient::prepare(Transfer& transfer) {
  CURL* const easy = transfer.easy.get();
  const HttpCall& call = transfer.call;
  if (easy == nullptr || call.method.empty() || !set_headers(transfer)) return false;
  curl_easy_setopt(easy, CURLOPT_URL, call.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call.method.c_str());
  curl_easy_setopt(easy, CURLOPT_NOBODY, call.method == "HEAD" ? 1L : 0L);
  if (!call.body.empty() || call.method == "POST" || call.method == "PUT") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, reinterpret_cast<const char*>(call.body.data()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
  }
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(call.timeout.count()));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(easy, CURLOPT_USERAGENT, options_.user_agent.c_str());
  if (!options_.ca_path.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_path.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  return true;
}

bool CurlClient::set_headers(Transfer& transfer) {
  // Without it curl waits a second for "100 Continue" before it sends a larger body.
  std::vector<std::string> lines{"Expect:"};
  for (const HttpHeader& field : transfer.call.headers.fields()) {
    if (!is_sendable(field)) return false;
    lines.push_back(field.value.empty() ? field.name + ";" : field.name + ": " + field.value);
  }
  for (const std::string& line : lines) {
    curl_slist* const grown = curl_slist_append(transfer.headers.get(), line.c_str());
    if (grown == nullptr) return false;
    std::ignore = transfer.headers.release();
    transfer.headers.reset(grown);
  }
  curl_easy_setopt(transfer.easy.get(), CURLOPT_HTTPHEADER, transfer.headers.get());
  return true;
}

void CurlClient::finish_done() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* const easy = message->easy_handle;
    const CURLcode code = message->data.result;
    curl_multi_remove_handle(multi_.get(), easy);
    auto found = running_.find(easy);
    std::unique_ptr<Transfer> transfer = std::move(found->second);
    running_.erase(found);
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    transfer->reply.status = static_cast<int>(status);
    transfer->reply.outcome = outcome_of(code, *transfer);
    if (transfer->reply.outcome != HttpOutcome::Response) {
      transfer->reply.body = {};
      transfer->reply.detail = transfer->call.method + " " + without_query(transfer->call.url) +
                               ": " + curl_easy_strerror(code);
    }
    answer(std::move(transfer));
  }
}

void CurlClient::cancel_all() {
  start_queued();
  for (auto& [easy, transfer] : running_) {
    curl_multi_remove_handle(multi_.get(), easy);
    transfer->reply = {};
    transfer->reply.detail = "the client was shut down";
    answer(std::move(transfer));
  }
  running_.clear();
}

}  // namespace

std::string_view http_outcome_name(HttpOutcome outcome) noexcept {
  switch (outcome) {
    case HttpOutcome::Response:
      return "response";
    case HttpOutcome::Timeout:
      return "timeout";
    case HttpOutcome::ConnectFailed:
      return "connect_failed";
    case HttpOutcome::Truncated:
      return "truncated";
    case HttpOutcome::TooLarge:
      return "too_large";
    case HttpOutcome::InvalidCall:
      return "invalid_call";
    case HttpOutcome::Cancelled:
      return "cancelled";
  }
  return "";
}

std::unique_ptr<HttpClient> make_curl_client(CurlClientOptions options) {
  return std::make_unique<CurlClient>(std::move(options));
}

}  // namespace runnel::net
