#include "runnel/load/wire.h"

#include <array>
#include <cstdio>
#include <cstring>

namespace runnel::load {

namespace {

constexpr std::uint8_t kSync = 0;
constexpr std::uint8_t kAwareness = 1;
constexpr std::uint8_t kAuth = 2;
constexpr std::uint8_t kStep1 = 0;
constexpr std::uint8_t kStep2 = 1;
constexpr std::uint8_t kUpdate = 2;
constexpr std::uint8_t kStringContent = 4;
constexpr std::uint8_t kHasOrigin = 0x80;

void put_number(Bytes& out, std::uint64_t value) {
  while (value > 0x7F) {
    out.push_back(static_cast<std::uint8_t>(value | 0x80U));
    value >>= 7U;
  }
  out.push_back(static_cast<std::uint8_t>(value));
}

void put_bytes(Bytes& out, ByteView bytes) {
  put_number(out, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
}

bool take_number(ByteView& in, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 56 && !in.empty(); shift += 7) {
    const std::uint8_t byte = in.front();
    in = in.subspan(1);
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool parse_hex(const char* text, std::size_t digits, std::uint64_t& value) {
  value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const char c = text[i];
    unsigned digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a' + 10);
    } else {
      return false;
    }
    value = value << 4U | digit;
  }
  return true;
}

}  // namespace

std::string make_mark(unsigned writer, std::uint64_t time_ns) {
  std::array<char, kMarkBytes + 1> text{};
  std::snprintf(text.data(), text.size(), "T%04x%016llxt", writer & 0xFFFFU,
                static_cast<unsigned long long>(time_ns));
  return text.data();
}

void find_marks(ByteView message,
                const std::function<void(unsigned writer, std::uint64_t time_ns)>& found) {
  const std::string_view text = as_text(message);
  std::size_t at = text.find('T');
  while (at != std::string_view::npos && at + kMarkBytes <= text.size()) {
    std::uint64_t writer = 0;
    std::uint64_t time_ns = 0;
    const char* const mark = text.data() + at;
    if (mark[kMarkBytes - 1] == 't' && parse_hex(mark + 1, 4, writer) &&
        parse_hex(mark + 5, 16, time_ns)) {
      found(static_cast<unsigned>(writer), time_ns);
      at += kMarkBytes - 1;
    }
    at = text.find('T', at + 1);
  }
}

Bytes TextWriter::append(std::string_view text) {
  Bytes out{1, 1};  // one client with one struct
  put_number(out, client_);
  put_number(out, clock_);
  if (clock_ == 0) {
    out.push_back(kStringContent);
    out.push_back(1);  // the parent is a root
    put_bytes(out, as_bytes(root_));
  } else {
    out.push_back(kStringContent | kHasOrigin);
    put_number(out, client_);
    put_number(out, clock_ - 1);
  }
  put_bytes(out, as_bytes(text));
  out.push_back(0);  // no deletes
  clock_ += text.size();
  return out;
}

Bytes Wire::begin(std::uint8_t type) const {
  Bytes out;
  if (dialect_ == Dialect::Hocuspocus) put_bytes(out, as_bytes(room_));
  out.push_back(type);
  return out;
}

std::vector<Bytes> Wire::hello() const {
  std::vector<Bytes> messages;
  if (dialect_ == Dialect::Hocuspocus) {
    Bytes auth = begin(kAuth);
    auth.push_back(0);
    put_bytes(auth, as_bytes("token"));
    messages.push_back(std::move(auth));
  }
  Bytes step1 = begin(kSync);
  step1.push_back(kStep1);
  put_bytes(step1, Bytes{0});
  messages.push_back(std::move(step1));
  return messages;
}

Bytes Wire::update(ByteView update) const {
  Bytes out = begin(kSync);
  out.push_back(kUpdate);
  put_bytes(out, update);
  return out;
}

Bytes Wire::awareness(std::uint64_t client, std::uint64_t clock, std::string_view json) const {
  Bytes entry{1};
  put_number(entry, client);
  put_number(entry, clock);
  put_bytes(entry, as_bytes(json));
  Bytes out = begin(kAwareness);
  put_bytes(out, entry);
  return out;
}

std::size_t Wire::sync_step2_bytes(ByteView message) const {
  std::uint64_t size = 0;
  if (dialect_ == Dialect::Hocuspocus) {
    if (!take_number(message, size) || size > message.size()) return 0;
    message = message.subspan(static_cast<std::size_t>(size));
  }
  if (message.size() < 3 || message[0] != kSync || message[1] != kStep2) return 0;
  message = message.subspan(2);
  return take_number(message, size) ? static_cast<std::size_t>(size) : 0;
}

}  // namespace runnel::load
