// The client's end of a connection in tests: records what the room sends and lets the test play a
// receiver that is slow or gone.
#pragma once

#include "runnel/room/connection.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runnel::room {

struct SentMessage {
  PayloadKind kind{PayloadKind::Binary};
  SharedBytes payload;

  [[nodiscard]] std::string text() const { return to_text(*payload); }
};

// Lives as long as the test wants it; the port in the room only points at it.
struct FakeClient {
  ConnectInfo info;
  std::vector<SentMessage> sent;
  std::optional<std::uint16_t> close_code;
  std::string close_reason;
  std::size_t buffered_bytes{0};  // what the client has not read, if the test says so
  bool reads{true};               // false: what is sent adds up in buffered_bytes
  int probes{0};
  bool has_port{true};

  // What was sent since the last call.
  std::vector<SentMessage> take() { return std::exchange(sent, {}); }

  [[nodiscard]] std::vector<std::string> texts() const {
    std::vector<std::string> out;
    for (const SentMessage& message : sent) {
      if (message.kind == PayloadKind::Text) out.push_back(message.text());
    }
    return out;
  }
};

class FakePort final : public ConnectionPort {
 public:
  explicit FakePort(std::shared_ptr<FakeClient> client) : client_(std::move(client)) {}

  FakePort(const FakePort&) = delete;
  FakePort& operator=(const FakePort&) = delete;
  FakePort(FakePort&&) = delete;
  FakePort& operator=(FakePort&&) = delete;

  ~FakePort() override { client_->has_port = false; }

  void send(PayloadKind kind, SharedBytes payload) override {
    if (!client_->reads) client_->buffered_bytes += payload->size();
    client_->sent.push_back({kind, std::move(payload)});
  }

  void close(std::uint16_t code, std::string_view reason) override {
    if (client_->close_code) return;
    client_->close_code = code;
    client_->close_reason = std::string(reason);
  }

  [[nodiscard]] std::size_t buffered_bytes() const override { return client_->buffered_bytes; }

  void probe() override { ++client_->probes; }

 private:
  std::shared_ptr<FakeClient> client_;
};

}  // namespace runnel::room
