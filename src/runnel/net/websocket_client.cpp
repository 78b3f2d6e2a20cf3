#include "runnel/net/websocket_client.h"

#include "runnel/net/crypto.h"
#include "runnel/net/event_loop.h"
#include "runnel/net/output_queue.h"
#include "runnel/net/stream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <charconv>
#include <cstring>
#include <utility>

namespace runnel::net {

namespace {

constexpr std::size_t kAnswerBytesMax = std::size_t{64} * 1024;

// A non-blocking socket that is on its way to be connected; invalid when that failed at once.
OwnedFd begin_connect(const WebSocketClientOptions& options) {
  OwnedFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options.port);
  if (fd.get() < 0 || ::inet_pton(AF_INET, options.host.c_str(), &address.sin_addr) != 1) return {};
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int begun =
      ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (begun != 0 && errno != EINPROGRESS) return {};
  return fd;
}

class Client final : public WebSocketClient, public PollOwner, public Flushable {
 public:
  Client(EventLoop& loop, RandomSource& random, WebSocketClientOptions options,
         WebSocketClientHandler& handler)
      : loop_(loop),
        random_(random),
        options_(std::move(options)),
        handler_(handler),
        decoder_({.role = WebSocketRole::Client, .message_bytes_max = options_.message_bytes_max}) {
  }

  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Client(Client&&) = delete;
  Client& operator=(Client&&) = delete;

  ~Client() override {
    if (destroyed_ != nullptr) *destroyed_ = true;
  }

  void start() {
    OwnedFd fd = begin_connect(options_);
    if (fd.get() < 0) {
      finish({.reason = "cannot connect"});
      return;
    }
    stream_ = Stream(loop_.impl(), {.fd = std::move(fd), .ssl = nullptr}, *this);
    Bytes nonce(16);
    for (std::uint8_t& byte : nonce) byte = static_cast<std::uint8_t>(random_.next());
    key_ = base64_encode(nonce);
    std::string request =
        "GET " + options_.target + " HTTP/1.1\r\nHost: " + options_.host + ":" +
        std::to_string(options_.port) +
        "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + key_ +
        "\r\nSec-WebSocket-Version: 13\r\n";
    for (const HttpHeader& field : options_.headers.fields()) {
      request += field.name + ": " + field.value + "\r\n";
    }
    out_.push_raw(share(to_bytes(request + "\r\n")));
    is_blocked_ = true;
    stream_.wait_writable();
  }

  void send(MessageKind kind, ByteView payload) override {
    send_frame(kind == MessageKind::Text ? Opcode::Text : Opcode::Binary, payload, true);
  }

  void send_frame(Opcode opcode, ByteView payload, bool fin) override {
    if (is_over_) return;
    MaskKey mask{};
    std::uint64_t drawn = random_.next();
    for (std::uint8_t& byte : mask) {
      byte = static_cast<std::uint8_t>(drawn);
      drawn >>= 8U;
    }
    Bytes frame = encode_client_frame(opcode, payload, mask, fin);
    (is_open_ ? out_ : early_).push_raw(share(std::move(frame)));
    loop_.impl().flush_list.add(*this);
  }

  void close(std::uint16_t code, std::string_view reason) override {
    Bytes payload{static_cast<std::uint8_t>(code >> 8U), static_cast<std::uint8_t>(code)};
    const ByteView text = as_bytes(reason);
    payload.insert(payload.end(), text.begin(), text.end());
    send_frame(Opcode::Close, code == close_code::kNoStatus ? ByteView{} : payload, true);
  }

  void pause_reading(bool pause) override {
    is_paused_ = pause;
    if (!pause && stream_.is_open()) stream_.wait_readable();
  }

  void on_readable() override {
    if (is_paused_) return;
    const std::span<std::uint8_t> buffer = loop_.impl().read_buffer();
    const IoResult result = stream_.read_some(buffer);
    if (result.status == IoStatus::Done) {
      bool is_destroyed = false;
      destroyed_ = &is_destroyed;
      take_bytes(buffer.first(result.bytes), is_destroyed);
      if (is_destroyed) return;
      destroyed_ = nullptr;
    } else if (result.status == IoStatus::Ended || result.status == IoStatus::Failed) {
      finish(std::exchange(end_, {}));
    }
    if (stream_.is_open()) stream_.wait_readable();
  }

  void on_writable() override {
    is_blocked_ = false;
    if (!is_connected_) {
      is_connected_ = true;
      stream_.wait_readable();
    }
    flush();
  }

  void flush() override {
    if (is_over_) {
      if (!std::exchange(is_reported_, true)) handler_.on_end(end_);
      return;
    }
    while (!out_.is_empty() && !is_blocked_) {
      const IoResult result = stream_.write_front(out_);
      if (result.status == IoStatus::WantWrite) {
        is_blocked_ = true;
        stream_.wait_writable();
      } else if (result.status != IoStatus::Done) {
        finish({.reason = "the connection broke"});
      }
      if (is_over_) return;
    }
  }

 private:
  void take_bytes(std::span<std::uint8_t> input, const bool& is_destroyed) {
    Bytes rest;
    if (!is_open_) {
      answer_ += as_text(input);
      const std::size_t end = answer_.find("\r\n\r\n");
      if (end == std::string::npos) {
        if (answer_.size() > kAnswerBytesMax) finish({.reason = "the answer has no end"});
        return;
      }
      rest = to_bytes(std::string_view(answer_).substr(end + 4));
      if (!check_answer(as_text(rest))) return;
      input = rest;
      handler_.on_open();
    }
    while (!is_destroyed && !is_over_) {
      const WebSocketEvent event = decoder_.next(input);
      if (event.event == WebSocketEvent::Kind::NeedMore) return;
      take_event(event);
    }
  }

  bool check_answer(std::string_view body) {
    int status = 0;
    if (answer_.size() > 12) std::from_chars(answer_.data() + 9, answer_.data() + 12, status);
    const std::string accept =
        base64_encode(sha1(as_bytes(key_ + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
    if (status != 101 || !answer_.contains(accept)) {
      finish({.reason = std::string(body.substr(0, 200)), .status = status});
      return false;
    }
    answer_ = {};
    is_open_ = true;
    out_ = std::move(early_);
    early_ = {};
    loop_.impl().flush_list.add(*this);
    return true;
  }

  void take_event(const WebSocketEvent& event) {
    switch (event.event) {
      case WebSocketEvent::Kind::Message:
        handler_.on_message(event.kind, event.payload);
        return;
      case WebSocketEvent::Kind::Ping:
        send_frame(Opcode::Pong, event.payload, true);
        return;
      case WebSocketEvent::Kind::Close:
        // Answered, and reported when the server has closed, which it does first.
        end_ = {.code = event.code, .reason = to_text(event.payload)};
        close(event.code, {});
        return;
      case WebSocketEvent::Kind::Failure:
        finish({.reason = std::string(event.what)});
        return;
      case WebSocketEvent::Kind::Pong:
      case WebSocketEvent::Kind::NeedMore:
        return;
    }
  }

  void finish(WebSocketClientHandler::End end) {
    if (std::exchange(is_over_, true)) return;
    end_ = std::move(end);
    stream_.close();
    loop_.impl().flush_list.add(*this);
  }

  EventLoop& loop_;
  RandomSource& random_;
  WebSocketClientOptions options_;
  WebSocketClientHandler& handler_;
  Stream stream_;
  WebSocketDecoder decoder_;
  OutputQueue out_;
  OutputQueue early_;  // sent before the upgrade was answered
  std::string key_;
  std::string answer_;
  WebSocketClientHandler::End end_;
  bool* destroyed_{nullptr};
  bool is_connected_{false};
  bool is_open_{false};
  bool is_over_{false};
  bool is_reported_{false};
  bool is_blocked_{false};
  bool is_paused_{false};
};

}  // namespace

std::unique_ptr<WebSocketClient> WebSocketClient::connect(EventLoop& loop, RandomSource& random,
                                                          WebSocketClientOptions options,
                                                          WebSocketClientHandler& handler) {
  auto client = std::make_unique<Client>(loop, random, std::move(options), handler);
  client->start();
  return client;
}

}  // namespace runnel::net
