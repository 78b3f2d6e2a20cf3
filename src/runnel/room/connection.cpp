#include "runnel/room/connection.h"

#include "runnel/room/output_gate.h"

#include <algorithm>

namespace runnel::room {

namespace {

constexpr std::size_t kCloseReasonBytesMax = 123;  // RFC 6455: a control frame takes 125 bytes

}  // namespace

Connection::Connection(ConnectInfo info, std::unique_ptr<ConnectionPort> port, OutputGate& gate)
    : info_(std::move(info)), port_(std::move(port)), gate_(gate) {}

bool Connection::has_tag(std::string_view tag) const noexcept {
  return tag == info_.key || std::ranges::find(tags_, tag) != tags_.end();
}

void Connection::send(PayloadKind kind, SharedBytes payload) {
  if (is_closing()) return;
  ++traffic_.messages_out;
  gate_.send(*this, kind, std::move(payload));
}

void Connection::send_text(std::string_view text) {
  send(PayloadKind::Text, share(to_bytes(text)));
}

void Connection::close(std::uint16_t code, std::string_view reason) {
  if (is_closing()) return;
  closing_ = true;
  gate_.close(*this, code, std::string(reason.substr(0, kCloseReasonBytesMax)));
}

}  // namespace runnel::room
