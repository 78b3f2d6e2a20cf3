// Hexadecimal and base64 of crypto.h.
#include "runnel/net/crypto.h"

#include <array>

namespace runnel::net {

namespace {

constexpr std::string_view kStandardAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kHexDigits = "0123456789abcdef";

std::string encode(ByteView bytes, std::string_view alphabet, bool is_padded) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) group = (group << 8U) | (i < count ? bytes[at + i] : 0U);
    for (std::size_t i = 0; i < 4; ++i) {
      if (i <= count) {
        text.push_back(alphabet[(group >> (18 - 6 * i)) & 0x3FU]);
      } else if (is_padded) {
        text.push_back('=');
      }
    }
  }
  return text;
}

// Decodes text without padding. Bits of the last character that belong to no byte have to be zero,
// so that every value has one encoding only.
std::optional<Bytes> decode(std::string_view text, std::string_view alphabet) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::array<int, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values.at(static_cast<unsigned char>(alphabet[i])) = static_cast<int>(i);
  }
  Bytes bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  unsigned bit_count = 0;
  for (const char character : text) {
    const int value = values.at(static_cast<unsigned char>(character));
    if (value < 0) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      bytes.push_back(static_cast<std::uint8_t>(bits >> bit_count));
      bits &= (1U << bit_count) - 1;
    }
  }
  if (bits != 0) return std::nullopt;
  return bytes;
}

}  // namespace

std::string to_hex(ByteView bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text.push_back(kHexDigits[byte >> 4U]);
    text.push_back(kHexDigits[byte & 0x0FU]);
  }
  return text;
}

std::optional<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  const auto digit = [](char character) -> int {
    if (character >= 'A' && character <= 'F')
      character = static_cast<char>(character + ('a' - 'A'));
    const std::size_t at = kHexDigits.find(character);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
  };
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const int high = digit(text[at]);
    const int low = digit(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return bytes;
}

std::string base64_encode(ByteView bytes) { return encode(bytes, kStandardAlphabet, true); }

std::optional<Bytes> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  return decode(text, kStandardAlphabet);
}

std::string base64url_encode(ByteView bytes) { return encode(bytes, kUrlAlphabet, false); }

std::optional<Bytes> base64url_decode(std::string_view text) { return decode(text, kUrlAlphabet); }

std::string random_token(RandomSource& random, std::size_t bytes) {
  Bytes drawn;
  drawn.reserve(bytes + 8);
  while (drawn.size() < bytes) {
    std::uint64_t value = random.next();
    for (int i = 0; i < 8; ++i, value >>= 8U) drawn.push_back(static_cast<std::uint8_t>(value));
  }
  return base64url_encode(ByteView(drawn).first(bytes));
}

}  // namespace runnel::net
